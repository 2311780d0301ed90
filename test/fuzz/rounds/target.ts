import fc from 'fast-check';
import { equalSums } from '../../../simulations/engine/plain-sums.ts';
import { secretsMade } from '../../support/watched-secret.ts';
import { must } from '../outcome.ts';
import type { Target, Trial } from '../target.ts';
import { type Script, script } from './action.ts';
import { act, endAll, finish } from './drive.ts';
import { earlierMessages, type Kind, roundOptions } from './earlier.ts';
import { WatchedLab } from './watched-lab.ts';

/** Runs a round by its script. @returns how many steps that took @throws Violation */
function play(kind: Kind, { n, seed, over, agreements, automatic, actions, last }: Script): number {
  const earlier = earlierMessages(kind, n);
  const options = { ...roundOptions(kind), n, agreements, automatic, target: Math.max(2, n - over) };
  secretsMade();
  const lab = new WatchedLab({ ...options, seed: `fuzz ${seed}` });
  for (const action of actions) act(lab, action, earlier);
  if (last.length === 0) finish(lab);
  for (const action of last) act(lab, action, earlier);
  endAll(lab);
  if (kind.adversary === 'active') lab.revealed.assertNeverBoth();
  const { committed } = lab;
  if (committed !== undefined && !lab.tainted) {
    must(equalSums(committed.sum, lab.plainSum(committed.included)), 'the sum is not that of the inputs it names');
  }
  const alive = secretsMade().filter((secret) => !secret.wiped || !secret.forTestingIsZero());
  must(alive.length === 0, () => `${alive.length} secrets outlived their sessions`);
  return lab.steps;
}

const kinds: readonly Kind[] = (['curious', 'active'] as const).flatMap((adversary) =>
  (['complete', 'ring'] as const).map((graph) => ({ adversary, graph })),
);

function trial(kind: Kind): Trial {
  let steps = 0;
  return {
    property: fc.property(script, (each) => {
      steps += play(kind, each);
    }),
    steps: () => steps,
  };
}

/** Whole rounds, whatever happens to their messages: a script costs as much as hundreds of messages to a decoder. */
export const roundTargets: readonly Target[] = kinds.map((kind) => ({
  name: `rounds-${kind.adversary}-${kind.graph}`,
  share: 0.4,
  batch: 20,
  make: () => trial(kind),
}));
