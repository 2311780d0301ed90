import { describe, expect, it } from 'vitest';
import { gradients, operations as o, sequential, layers, Tape } from '../../training/index.ts';
import { coded, randomValues } from './support.ts';

describe('the tape', () => {
  it('hands out copies of values', () => {
    const tape = new Tape();
    const x = tape.tensor([2], [1, 2]);
    x.values()[0] = 9;
    expect([...x.values()]).toEqual([1, 2]);
    expect(x.item()).toBe(1);
  });

  it('uses memory again after a release, and refuses tensors from before', () => {
    const tape = new Tape();
    const x = tape.tensor([4], [1, 2, 3, 4]);
    const start = tape.mark();
    const first = o.square(x);
    tape.release(start);
    const second = o.scale(x, 3);
    expect(second.at).toBe(first.at);
    expect([...second.values()]).toEqual([3, 6, 9, 12]);
    const stale = coded('internal');
    expect(() => first.values()).toThrow(stale);
    expect(() => o.add(first, x)).toThrow(stale);
    expect(() => gradients(first, [x])).toThrow();
  });

  it('refuses tensors of another tape', () => {
    const [x, y] = [new Tape().full([1], 1), new Tape().full([1], 1)];
    expect(() => o.add(x, y)).toThrow(coded('internal'));
  });

  it('works on after its memory was exhausted', () => {
    for (const kind of ['wasm', 'plain', 'double'] as const) {
      const tape = new Tape(kind);
      const x = tape.tensor([3], [1, 2, 3]);
      expect(() => tape.full([2 ** 45], 1)).toThrow(RangeError);
      const large = tape.full([1 << 20], 1);
      expect(o.sum(large).item()).toBe(1 << 20);
      expect([...o.add(x, x).values()]).toEqual([2, 4, 6]);
    }
  });

  it('keeps values when its heap grows', () => {
    for (const kind of ['wasm', 'plain', 'double'] as const) {
      const tape = new Tape(kind);
      const x = tape.tensor([3], [1, 2, 3]);
      const large = tape.full([1 << 20], 1);
      expect([...o.add(x, x).values()]).toEqual([2, 4, 6]);
      expect(o.sum(large).item()).toBe(1 << 20);
    }
  });

  it.each(['wasm', 'plain', 'double'] as const)('leaves no value behind when wiped: %s', (kind) => {
    const tape = new Tape(kind);
    const x = tape.tensor([1000], randomValues(1000, 1));
    const start = tape.mark();
    o.maxPool2d(o.reshape(o.exp(x), [1, 1, 25, 40]), 2);
    tape.release(start);
    tape.wipe();
    expect(tape.heap.reals.every((v) => v === 0)).toBe(true);
    expect(tape.heap.integers.every((v) => v === 0)).toBe(true);
    expect(() => x.values()).toThrow();
    expect(tape.length).toBe(0);
  });

  it('lays the parameters of a model out as the flat vector has them', () => {
    const { layout } = sequential([layers.dense(3), layers.dense(2)], [4]);
    const values = randomValues(layout.size, 1);
    const tape = new Tape();
    const { flat, named } = tape.parameters(layout, values);
    expect(flat.values()).toEqual(values);
    for (const name of layout.names) {
      expect(named[name]!.shape).toEqual(layout.shapeOf(name));
      expect(named[name]!.values()).toEqual(layout.view(values, name));
    }
    const short = (): unknown => tape.parameters(layout, values.subarray(1));
    expect(short).toThrow(coded('update-shape'));
  });
});

describe('gradients', () => {
  const tape = new Tape('double');

  it('sums over all paths', () => {
    const x = tape.tensor([1], [3]);
    const y = o.add(o.mul(x, x), o.scale(x, 5));
    expect(gradients(o.sum(y), [x])[0]!.item()).toBe(11);
  });

  it('gives zeros where nothing depends on the source', () => {
    const x = tape.tensor([2], [1, 2]);
    const y = tape.tensor([2], [3, 4]);
    const out = o.sum(o.square(x));
    const later = tape.tensor([3], [0, 0, 0]);
    const [g, h] = gradients(out, [y, later]);
    expect([...g!.values(), ...h!.values()]).toEqual([0, 0, 0, 0, 0]);
  });

  it('works for intermediate sources', () => {
    const x = tape.tensor([1], [2]);
    const y = o.square(x);
    const z = o.square(y);
    const [dx, dy, dz] = gradients(o.sum(z), [x, y, z]).map((g) => g.item());
    expect([dx, dy, dz]).toEqual([32, 8, 1]);
  });

  it('goes to any order: x⁴ has the derivatives 4x³, 12x², 24x, 24, 0', () => {
    const x = tape.tensor([], [1.5]);
    let y = o.square(o.square(x));
    const orders: number[] = [];
    for (let order = 0; order < 5; order++) {
      y = gradients(y, [x])[0]!;
      orders.push(y.item());
    }
    expect(orders).toEqual([13.5, 27, 36, 24, 0]);
  });

  it('does not follow paths that reach no source', () => {
    const x = tape.tensor([1], [1]);
    let followed = false;
    const w = tape.tensor([1], [2]);
    const out = tape.record(
      [1],
      [x, w],
      [
        (g) => {
          followed = true;
          return g;
        },
        (g) => o.mul(g, x),
      ],
    );
    tape.kernels.mul(x.at, w.at, out.at, 1);
    expect(gradients(out, [w])[0]!.item()).toBe(1);
    expect(followed).toBe(false);
  });

  it('refuses anything but a scalar', () => {
    const x = tape.tensor([2], [1, 2]);
    expect(() => gradients(x, [x])).toThrow(coded('tensor-shape'));
  });
});
