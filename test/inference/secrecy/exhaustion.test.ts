import { describe, expect, it } from 'vitest';
import { finishLinear, type LinearMap, prepareLinear, squareShare } from '../../../protocol/mpc/sharing/index.ts';
import { elements, smallRing } from '../../mpc/sharing/small-ring.ts';

/*
 * The algebra of both systems in a ring of 4 elements, over all randomness: how often each view of a party comes up. A
 * view is what the party holds and receives. It may depend on its own input and output, and on nothing else.
 */

const BITS = 2;
const SIZE = 2 ** BITS;
const ring = smallRing(BITS);
const ALL = elements(BITS);
const one = (value: number): Uint32Array => Uint32Array.of(value);
const map: LinearMap = { kind: 'dense', inputs: 1, outputs: 1 };
const wrapped = (value: number): number => ((value % SIZE) + SIZE) % SIZE;

/** How often each view comes up over all choices of `count` elements. */
function counted(count: number, view: (...drawn: number[]) => readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < SIZE ** count; at++) {
    const drawn = Array.from({ length: count }, (_, i) => Math.floor(at / SIZE ** i) % SIZE);
    const key = view(...drawn).join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** One-sided products: weights w with the owner, x with the asker; the scores w · x are revealed to the asker. */
function chameleon(w: number, x: number, b: number, a: number, c1: number, masked = true) {
  const [mask, maskOfX] = masked ? [b, a] : [0, 0];
  const c0 = wrapped(mask * maskOfX - c1);
  const e = wrapped(w - mask);
  const z1 = prepareLinear(ring, map, one(e), one(maskOfX), one(c1), 1)[0]!;
  const d = wrapped(x - maskOfX);
  const z0 = finishLinear(ring, map, one(w), one(d), one(c0), 1)[0]!;
  return { owner: [mask, c0, d], asker: [maskOfX, c1, e, z0], result: wrapped(z0 + z1) };
}

describe('Chameleon’s linear layer, over all randomness of a ring of 4 elements', () => {
  it('shows the owner the same whatever the question is, and each message equally often', () => {
    for (const w of ALL) {
      const views = ALL.map((x) => counted(3, (b, a, c1) => chameleon(w, x, b, a, c1).owner));
      for (const view of views) expect(view).toEqual(views[0]);
      expect(new Set(counted(3, (b, a, c1) => [chameleon(w, 3, b, a, c1).owner[2]!]).values())).toEqual(
        new Set([SIZE ** 2]),
      );
    }
  });

  it('shows the asker the same for all weights that give its question the same answer, and no other than those', () => {
    for (const x of ALL) {
      const views = ALL.map((w) => counted(3, (b, a, c1) => chameleon(w, x, b, a, c1).asker));
      for (const w of ALL) {
        for (const other of ALL) {
          if (wrapped(w * x) === wrapped(other * x)) expect(views[w]).toEqual(views[other]);
          else expect(views[w]).not.toEqual(views[other]);
        }
      }
    }
  });

  it('computes w · x for all of them', () => {
    for (const w of ALL) {
      for (const x of ALL) {
        expect(counted(3, (b, a, c1) => [chameleon(w, x, b, a, c1).result])).toEqual(
          new Map([[String(wrapped(w * x)), SIZE ** 3]]),
        );
      }
    }
  });

  it('would show both secrets without masks', () => {
    const view = (w: number, x: number, of: 'owner' | 'asker') =>
      counted(3, (b, a, c1) => chameleon(w, x, b, a, c1, false)[of]);
    expect(view(3, 2, 'owner')).not.toEqual(view(3, 1, 'owner'));
    // Both models answer the question 2 with 2.
    expect(view(1, 2, 'asker')).not.toEqual(view(3, 2, 'asker'));
  });
});

/** Two-sided products; the view of party 1: its shares, what it was dealt and what it received. */
function secureMl(w: number, x: number, drawn: readonly number[], masked = true): readonly number[] {
  const [w1, x1, b1, a1, c1, ...others] = drawn as [number, number, number, number, number, number, number];
  const [b0, a0] = masked ? others : [0, 0];
  return [w1, x1, b1, a1, c1, wrapped(w - w1 - b0), wrapped(x - x1 - a0)];
}

describe('SecureML’s linear layer, over all randomness of a ring of 4 elements', () => {
  const view = (w: number, x: number, masked: boolean) => counted(7, (...drawn) => secureMl(w, x, drawn, masked));

  it('shows a server the same whatever the question and the model are', () => {
    const views = ALL.map((x) => view(x === 0 ? 3 : 1, x, true));
    for (const other of views) expect(other).toEqual(views[0]);
  });

  it('would show a server both without masks', () => {
    expect(view(3, 1, false)).not.toEqual(view(3, 2, false));
    expect(view(3, 1, false)).not.toEqual(view(2, 1, false));
  });
});

/** Squares, shared: the view of party 1. */
function squared(x: number, drawn: readonly number[]): readonly number[] {
  const [x1, a0, a1, c1] = drawn as [number, number, number, number];
  const e = wrapped(x - a0 - a1);
  const c0 = wrapped((a0 + a1) ** 2 - c1);
  const z = [c0, c1].map((c, party) =>
    squareShare(ring, party as 0 | 1, one(e), { a: one([a0, a1][party]!), c: one(c) }),
  );
  if (wrapped(z[0]![0]! + z[1]![0]!) !== wrapped(x * x)) throw new Error('the square is wrong');
  return [x1, a1, c1, wrapped(x - x1 - a0)];
}

describe('squares, over all randomness of a ring of 4 elements', () => {
  it('show a party the same whatever the value is, and each view equally often', () => {
    const views = ALL.map((x) => counted(4, (...drawn) => squared(x, drawn)));
    for (const view of views) expect(view).toEqual(views[0]);
    expect([views[0]!.size, ...new Set(views[0]!.values())]).toEqual([SIZE ** 4, 1]);
  });
});
