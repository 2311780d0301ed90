import {
  type Correlations,
  corrections,
  correctedSide,
  type Demand,
  seededSide,
  WeightMasks,
} from '../../../../protocol/mpc/dealer/index.ts';

/** A seed of 32 bytes that a number stands for. */
export function seed(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}

/** The mask seeds of the tests' pairs. */
export const MASKS = { seeded: seed(0xa11ce), corrected: seed(0xb0b) };

/** Both sides of a piece dealt for seeds 2n and 2n + 1, and what the corrected side was told. */
export function dealtPair(
  demands: readonly Demand[],
  number: number,
): { readonly seeded: Correlations; readonly corrected: Correlations; readonly told: Uint8Array } {
  const [one, other] = [seed(2 * number), seed(2 * number + 1)];
  const told = corrections(demands, one, other, new WeightMasks(MASKS));
  return { seeded: seededSide(demands, one), corrected: correctedSide(demands, other, told), told };
}

/** A demand of every kind, form, width and direction, with counts that fill no word. */
export const EVERY_DEMAND: readonly Demand[] = [
  { kind: 'and', rows: 3, lanes: 37 },
  { kind: 'and', rows: 1, lanes: 256 },
  ...([32, 64] as const).flatMap((bits): Demand[] => [
    { kind: 'linear', form: 'one-sided', map: { kind: 'dense', inputs: 5, outputs: 3 }, batch: 2, bits, layer: 0 },
    { kind: 'linear', form: 'two-sided', map: { kind: 'dense', inputs: 4, outputs: 7 }, batch: 1, bits, layer: 1 },
    {
      kind: 'linear',
      form: 'two-sided',
      map: { kind: 'convolution', channels: 2, height: 5, width: 4, filters: 3, size: 3, stride: 2, padding: 1 },
      batch: 2,
      bits,
      layer: 2,
    },
    { kind: 'rectify', bits, count: 41, shift: 0 },
    { kind: 'rectify', bits, count: 130, shift: 7 },
    { kind: 'wrap', bits, count: 67 },
    { kind: 'square', bits, count: 9 },
  ]),
  { kind: 'transfer', count: 43, sender: 'seeded' },
  { kind: 'transfer', count: 8, sender: 'corrected' },
];
