import { describe, expect, it } from 'vitest';
import { auditCuts } from '../../protocol/schemes/secagg/client/audit-cuts.ts';
import { completeGraph, type Graph, ringGraph } from '../../protocol/schemes/secagg/graph/index.ts';
import { minAtTwoCuts, type RoundParameters, roundParameters } from '../../protocol/schemes/secagg/parameters/index.ts';
import { bitmapOf } from '../../protocol/wire/bitmap.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

const POLICY = { adversary: 'active', colluding: 0.17, minCohort: 2 } as const;
const N = 12;
const RING: RoundParameters = { graph: 'ring', n: N, degree: 4, threshold: 4, witnesses: 3, quorum: 3 };

const straight = ringGraph(
  N,
  4,
  Uint32Array.from({ length: N }, (_, i) => i),
);

const without = (n: number, dropped: readonly number[]): number[] =>
  Array.from({ length: n }, (_, i) => i).filter((i) => !dropped.includes(i));

const passes = (graph: Graph, parameters: RoundParameters, survivors: readonly number[]): boolean => {
  const audit = (): void => auditCuts({ policy: POLICY }, { graph, parameters }, bitmapOf(graph.n, survivors));
  try {
    audit();
    return true;
  } catch {
    expect(codeOf(audit)).toBe('too-few-members');
    return false;
  }
};

/** Whether masks join all these members, where no other members count. */
function isJoined(graph: Graph, members: readonly number[]): boolean {
  const joined = new Set(members.slice(0, 1));
  for (const member of joined) {
    for (const next of graph.neighbours(member)) if (members.includes(next)) joined.add(next);
  }
  return joined.size === members.length;
}

describe('the audit of a ring for cuts', () => {
  it('leaves no set of survivors that as many colluders as are reckoned with could cut in two', () => {
    expect(minAtTwoCuts(RING, POLICY)).toBe(3);
    const random = seeded('cuts');
    let [passed, cut] = [0, 0];
    for (let i = 0; i < 1000; i++) {
      const dropped = [...random(1 + (i % 4))].map((byte) => byte % N);
      const survivors = without(N, dropped);
      const sound = survivors.every((a) =>
        survivors.every((b) =>
          isJoined(
            straight,
            survivors.filter((member) => member !== a && member !== b),
          ),
        ),
      );
      const passing = passes(straight, RING, survivors);
      if (passing) {
        expect(sound).toBe(true);
        passed++;
      } else if (!sound) cut++;
    }
    expect(passed).toBeGreaterThan(100);
    expect(cut).toBeGreaterThan(100);
  });

  it('takes everybody, and one drop-out anywhere', () => {
    expect(passes(straight, RING, without(N, []))).toBe(true);
    for (let one = 0; one < N; one++) expect(passes(straight, RING, without(N, [one]))).toBe(true);
  });

  it('refuses two drop-outs, with each of whom a colluder could cut: far apart, across the ring’s end, side by side', () => {
    expect(passes(straight, RING, without(N, [0, 6]))).toBe(false);
    expect(passes(straight, RING, without(N, [11, 5]))).toBe(false);
    expect(passes(straight, RING, without(N, [11, 0]))).toBe(false);
  });

  it('goes by places on the ring and not by indices', () => {
    // Indices 0 and 6 stand next to each other here, and all others in their order.
    const order = Uint32Array.of(0, 6, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11);
    const turned = ringGraph(N, 4, order);
    for (let turn = 0; turn < N; turn++) {
      const dropped = [order[turn]!, order[(turn + 4) % N]!];
      expect(passes(turned, RING, without(N, dropped))).toBe(false);
    }
  });

  it('has nothing to say of the complete graph', () => {
    const parameters: RoundParameters = { ...RING, graph: 'complete', degree: N - 1, threshold: 9 };
    expect(passes(completeGraph(N), parameters, [0, 1])).toBe(true);
  });
});

describe('what two cuts take', () => {
  it.each([
    [64, 0.05],
    [100, 0.1],
    [300, 0.1],
    [1000, 0.1],
    [1000, 0.2],
    [10_000, 0.2],
  ])(
    'is less than the threshold for %i members and γ = %d, so that drop-outs within δ never come near it',
    (n, share) => {
      const model = { adversary: 'active', colluding: share } as const;
      const parameters = roundParameters({ ...model, n, graph: 'ring', dropout: share, threshold: 0 });
      expect(minAtTwoCuts(parameters, model)).toBeLessThanOrEqual(parameters.threshold);
    },
  );
});

describe('an active round on a ring', () => {
  it('goes through with the drop-outs that it is made for', () => {
    const settings = { graph: 'ring', colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 1 } as const;
    const lab = new Lab({ seed: 'within', n: 64, adversary: 'active', settings });
    lab.serverIn('masked-input');
    for (const member of [9, 30, 55]) lab.leave(member);
    lab.run();
    expect(lab.committed?.included).toHaveLength(61);
    expect(lab.refusals.size).toBe(0);
  });
});
