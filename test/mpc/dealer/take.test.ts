import { describe, expect, it } from 'vitest';
import { HeldCorrelations } from '../../../protocol/mpc/dealer/held.ts';
import type { Demand, DemandKind } from '../../../protocol/mpc/dealer/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { dealtPair, EVERY_DEMAND } from './support/pair.ts';

const square = (count: number): Extract<Demand, { kind: 'square' }> => ({ kind: 'square', bits: 32, count });

describe('taking what was dealt', () => {
  it('gives each part once', () => {
    const { seeded } = dealtPair([square(2)], 1);
    expect(seeded.take(square(2)).a).toHaveLength(2);
    expect(codeOf(() => seeded.take(square(2)))).toBe('dealt-mismatch');
  });

  it('keeps the order within a kind, and none between kinds', () => {
    const bits = { kind: 'and', rows: 1, lanes: 9 } as const;
    const { corrected } = dealtPair([square(2), bits, square(3)], 1);
    expect(corrected.take(bits).c.lanes).toBe(9);
    expect(codeOf(() => corrected.take(square(3)))).toBe('dealt-mismatch');
    expect(corrected.take(square(2)).a).toHaveLength(2);
    expect(corrected.take(square(3)).a).toHaveLength(3);
  });

  it('refuses a demand that differs in anything, and leaves what was dealt for the one that fits', () => {
    const changes: Record<DemandKind, readonly object[]> = {
      and: [{ rows: 99 }, { lanes: 99 }],
      linear: [
        { form: 'x' },
        { batch: 99 },
        { bits: 1 },
        { layer: 99 },
        { map: { kind: 'dense', inputs: 99, outputs: 3 } },
      ],
      rectify: [{ bits: 1 }, { count: 99 }, { shift: 1 }],
      wrap: [{ bits: 1 }, { count: 99 }],
      square: [{ bits: 1 }, { count: 99 }],
      transfer: [{ count: 99 }, { sender: 'x' }],
    };
    const { seeded } = dealtPair(EVERY_DEMAND, 1);
    for (const demand of EVERY_DEMAND) {
      for (const change of changes[demand.kind]) {
        expect(codeOf(() => seeded.take({ ...demand, ...change }))).toBe('dealt-mismatch');
      }
      expect(seeded.take(demand)).toBeDefined();
    }
  });

  it('tells the fields of a convolution apart', () => {
    const map = {
      kind: 'convolution',
      channels: 2,
      height: 9,
      width: 8,
      filters: 3,
      size: 3,
      stride: 2,
      padding: 1,
    } as const;
    const demand = { kind: 'linear', form: 'one-sided', map, batch: 1, bits: 32, layer: 0 } as const;
    const { seeded } = dealtPair([demand], 1);
    for (const field of ['channels', 'height', 'width', 'filters', 'size', 'stride', 'padding'] as const) {
      const other = { ...demand, map: { ...map, [field]: map[field] + 1 } };
      expect(codeOf(() => seeded.take(other))).toBe('dealt-mismatch');
    }
  });

  it('zeroes what is left when it is wiped, and not what was taken', () => {
    const parts = [1, 2].map((word) => ({
      demand: square(2),
      part: { a: Uint32Array.of(word, word), squared: Uint32Array.of(word, word) },
    }));
    const held = new HeldCorrelations('seeded', parts);
    held.take(square(2));
    held.wipe();
    expect(parts.map(({ part }) => [...part.a, ...part.squared])).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
  });

  it('gives nothing once it is wiped', () => {
    const { seeded, corrected } = dealtPair([square(4), square(5)], 1);
    expect(corrected.take(square(4)).a).toHaveLength(4);
    corrected.wipe();
    corrected.wipe();
    seeded.wipe();
    expect(codeOf(() => corrected.take(square(5)))).toBe('dealt-mismatch');
    expect(codeOf(() => seeded.take(square(4)))).toBe('dealt-mismatch');
  });
});
