import type { Level } from '../../report/blocks.ts';
import type { SelectiveSharingSettings } from './settings.ts';

/** Accuracies that Shokri and Shmatikov report for the CNN on MNIST, in per cent. */
const REPORTED: readonly Level[] = [
  { y: 99.17, label: 'paper, centralised' },
  { y: 99.14, label: 'paper, θ_u 0.1' },
  { y: 98.71, label: 'paper, θ_u 0.01' },
  { y: 93.16, label: 'paper, alone' },
];

/** What the paper reports for the network of these settings; nothing for the MLP, of which it gives curves alone. */
export function reported({ model }: SelectiveSharingSettings): readonly Level[] {
  return model === 'cnn' ? REPORTED : [];
}
