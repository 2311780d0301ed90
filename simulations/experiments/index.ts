import type { Experiment } from '../laboratory/experiment.ts';

/** Every experiment that comes with Cairn: its name, and how it is loaded. */
export const EXPERIMENTS: Readonly<Record<string, () => Promise<Experiment>>> = {
  attacks: async () => (await import('./attacks/index.ts')).attacks,
  dropout: async () => (await import('./dropout/index.ts')).dropout,
  'gan-attack': async () => (await import('./gan-attack/index.ts')).ganAttack,
  poisoning: async () => (await import('./poisoning/index.ts')).poisoning,
  'private-inference': async () => (await import('./private-inference/index.ts')).privateInference,
  'privacy-utility': async () => (await import('./privacy-utility/index.ts')).privacyUtility,
  'selective-sharing': async () => (await import('./selective-sharing/index.ts')).selectiveSharing,
};
