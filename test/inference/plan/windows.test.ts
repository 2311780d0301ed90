import { describe, expect, it } from 'vitest';
import { decodePlan, demandsOf, encodePlan, type Plan, type Step } from '../../../inference/index.ts';
import { codeOf, thrownBy } from '../../support/thrown.ts';
import { networkOf } from '../support/networks.ts';

/** A pool of windows that overlap almost wholly. */
function pooled(size: number, kind: 'maxPool' | 'sumPool'): Plan {
  const side = 1024;
  const image = { channels: 1, height: side, width: side };
  const map = { kind: 'convolution', ...image, filters: 1, size: 1, stride: 1, padding: 0 } as const;
  const steps: Step[] = [
    { kind: 'linear', map, bias: false, layer: 0, fraction: 4 },
    { kind, ...image, size, stride: 1 },
    { kind: 'reveal', what: 'scores', count: (side - size + 1) ** 2 },
  ];
  const shape = { inputShape: [1, side, side], inputRange: [0, 1] } as const;
  return { system: 'chameleon', bits: 32, fraction: 4, ...shape, steps, reveal: 'scores', classes: [] };
}

/** The size of the pool in an encoded plan: before its stride, and the last step's kind and count. */
const sizeAt = (bytes: Uint8Array): number => bytes.length - 9;

describe.each(['maxPool', 'sumPool'] as const)('a plan with a %s whose windows overlap', (kind) => {
  it('is taken while its windows have few values together, for few examples at once', () => {
    const plan = pooled(4, kind);
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
    expect(demandsOf(plan, 1).length).toBeGreaterThan(0);
    expect(codeOf(() => demandsOf(plan, 2))).toBe('wire-bounds');
  });

  it('is refused by who receives it if they had to make billions of values of a million', () => {
    const bytes = encodePlan(pooled(4, kind));
    new DataView(bytes.buffer).setUint16(sizeAt(bytes), 512, true);
    expect(codeOf(() => decodePlan(bytes))).toBe('wire-bounds');
    expect(String(thrownBy(() => decodePlan(bytes)))).toContain('windows of');
    expect(codeOf(() => encodePlan(pooled(512, kind)))).toBe('wire-bounds');
  });
});

describe('a network with such a pool', () => {
  it('is refused, naming the layer', () => {
    const thrown = thrownBy(() => networkOf(1, [1, 1024, 1024], ['conv 1 1 1', 'max 512 1']));
    expect(thrown).toMatchObject({ code: 'network-unsupported' });
    expect(String(thrown)).toContain('layer 2 (max)');
  });
});
