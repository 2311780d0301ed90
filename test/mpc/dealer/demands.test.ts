import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  correctionBytes,
  corrections,
  correctedSide,
  type Demand,
  pieceCorrectionBytes,
  seededSide,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { dealtPair, EVERY_DEMAND, MASKS, seed } from './support/pair.ts';

describe('corrections', () => {
  it('have the announced length, for each demand and for a piece', () => {
    for (const demand of EVERY_DEMAND) expect(dealtPair([demand], 1).told).toHaveLength(correctionBytes(demand));
    const { told } = dealtPair(EVERY_DEMAND, 1);
    expect(told).toHaveLength(pieceCorrectionBytes(EVERY_DEMAND));
  });

  it('cost a bit for an AND, a word for a product’s output and a square, six for a shifted ReLU, 16 bytes for a transfer', () => {
    const map = { kind: 'dense', inputs: 784, outputs: 128 } as const;
    const dealt: readonly (readonly [Demand, number])[] = [
      [{ kind: 'and', rows: 30, lanes: 128 }, 480],
      [{ kind: 'linear', form: 'one-sided', map, batch: 3, bits: 64, layer: 0 }, 3 * 128 * 8],
      [{ kind: 'square', bits: 32, count: 10 }, 40],
      [{ kind: 'rectify', bits: 32, count: 10, shift: 0 }, 80],
      [{ kind: 'rectify', bits: 32, count: 10, shift: 4 }, 240],
      [{ kind: 'wrap', bits: 64, count: 10 }, 160],
      [{ kind: 'transfer', count: 10, sender: 'seeded' }, 160],
    ];
    for (const [demand, bytes] of dealt) expect(correctionBytes(demand)).toBe(bytes);
  });

  it('stay the same from version to version: two sides may have different ones, and files are kept', () => {
    // The corrections depend on every word that either side draws.
    const { told } = dealtPair(EVERY_DEMAND, 77);
    expect(createHash('sha256').update(told).digest('hex')).toBe(
      '468e68c179cef67c140be98f65bd5280d778d7719c72f53cec0167e328e8ddc7',
    );
  });

  it('are refused if they are cut off, too long, or set bits that belong to no lane', () => {
    const demand = { kind: 'and', rows: 1, lanes: 5 } as const;
    const { told } = dealtPair([demand], 1);
    const side = (bytes: Uint8Array): unknown => correctedSide([demand], seed(3), bytes);
    expect(codeOf(() => side(told.subarray(1)))).toBe('wire-bounds');
    expect(codeOf(() => side(new Uint8Array(2)))).toBe('wire-bounds');
    expect(codeOf(() => side(Uint8Array.of(told[0]! | 0x80)))).toBe('wire-not-canonical');
  });

  it('are not computed for one seed on both sides, nor for seeds of another length', () => {
    const masks = new WeightMasks(MASKS);
    expect(codeOf(() => corrections(EVERY_DEMAND, seed(1), seed(1), masks))).toBe('key-invalid');
    expect(codeOf(() => corrections(EVERY_DEMAND, seed(1).subarray(1), seed(2), masks))).toBe('key-invalid');
    expect(codeOf(() => seededSide(EVERY_DEMAND, new Uint8Array(33)))).toBe('key-invalid');
  });

  it('need the mask seed of each side that masks weights', () => {
    const deal = (demand: Demand, masks: ConstructorParameters<typeof WeightMasks>[0]): unknown =>
      corrections([demand], seed(1), seed(2), new WeightMasks(masks));
    const map = { kind: 'dense', inputs: 2, outputs: 2 } as const;
    const linear = { kind: 'linear', map, batch: 1, bits: 32, layer: 0 } as const;
    const { seeded, corrected } = MASKS;
    expect(codeOf(() => deal({ ...linear, form: 'one-sided' }, { seeded }))).toBe('dealt-mismatch');
    expect(codeOf(() => deal({ ...linear, form: 'two-sided' }, { corrected }))).toBe('dealt-mismatch');
    expect(deal({ ...linear, form: 'one-sided' }, { corrected })).toHaveLength(8);
  });
});

describe('masks of weights', () => {
  const map = { kind: 'dense', inputs: 2, outputs: 2 } as const;
  const of = (layer: number, form: 'one-sided' | 'two-sided' = 'one-sided') =>
    ({ kind: 'linear', map, batch: 1, bits: 32, layer, form }) as const;

  it('are the same for every piece, others in each layer, and gone once they are wiped', () => {
    const masks = new WeightMasks(MASKS);
    const first = masks.of(of(0)).slice();
    expect(new WeightMasks(MASKS).of({ ...of(0), batch: 9 })).toEqual(first);
    expect(masks.of(of(1))).not.toEqual(first);
    expect(masks.of(of(0, 'two-sided'))).not.toEqual(first);
    const held = masks.of(of(0));
    masks.wipe();
    expect([...held]).toEqual([0, 0, 0, 0]);
    expect(masks.of(of(0))).not.toEqual(first);
    expect(MASKS.corrected).toEqual(seed(0xb0b));
  });
});

describe('demands that cannot be dealt', () => {
  const map = { kind: 'dense', inputs: 2, outputs: 2 } as const;
  const image = {
    kind: 'convolution',
    channels: 1,
    height: 4,
    width: 4,
    filters: 1,
    size: 3,
    stride: 1,
    padding: 0,
  } as const;
  const linear = { kind: 'linear', form: 'one-sided', map, batch: 1, bits: 32, layer: 0 } as const;
  const refused: Demand[] = [
    { kind: 'and', rows: 0, lanes: 1 },
    { kind: 'and', rows: 1, lanes: 1.5 },
    { kind: 'and', rows: 2 ** 20, lanes: 2 ** 20 },
    { ...linear, batch: 0 },
    { ...linear, layer: -1 },
    { ...linear, layer: 4096 },
    { ...linear, bits: 16 as 32 },
    { ...linear, map: { ...map, inputs: 0 } },
    { ...linear, map: { ...map, outputs: 2 ** 27 } },
    { ...linear, map: { ...image, size: 5 } },
    { ...linear, map: { ...image, stride: 0 } },
    { ...linear, map: { ...image, padding: 3 } },
    { kind: 'rectify', bits: 32, count: 1, shift: 32 },
    { kind: 'rectify', bits: 64, count: 1, shift: -1 },
    { kind: 'wrap', bits: 64, count: 0 },
    { kind: 'square', bits: 31 as 32, count: 1 },
    { kind: 'transfer', count: 2 ** 25, sender: 'seeded' },
    { kind: 'transfer', count: Number.NaN, sender: 'seeded' },
  ];

  it.each(refused.map((demand) => [JSON.stringify(demand), demand] as const))(
    'are refused before anything is drawn: %s',
    (_, demand) => {
      expect(codeOf(() => correctionBytes(demand))).toBe('wire-bounds');
      expect(codeOf(() => seededSide([demand], seed(1)))).toBe('wire-bounds');
    },
  );
});
