import type { Experiment } from '../laboratory/experiment.ts';

/** Every experiment that comes with Cairn: its name, and how it is loaded. */
export const EXPERIMENTS: Readonly<Record<string, () => Promise<Experiment>>> = {
  dropout: async () => (await import('./dropout.ts')).dropout,
  'gan-attack': async () => (await import('./gan-attack.ts')).ganAttack,
  poisoning: async () => (await import('./poisoning.ts')).poisoning,
  'privacy-utility': async () => (await import('./privacy-utility.ts')).privacyUtility,
  'selective-sharing': async () => (await import('./selective-sharing.ts')).selectiveSharing,
};
