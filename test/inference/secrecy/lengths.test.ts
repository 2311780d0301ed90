import { describe, expect, it } from 'vitest';
import { TransferSource } from '../../../inference/secureml/transfers.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { type Model, type Run, runWith, seedsOf } from './support/lab.ts';
import { otherWeights, question, tinyModel, zeroWeights } from './support/models.ts';

const lengthsOf = ({ views, trips }: Run) => ({
  trips,
  lengths: views.map(({ setup, offline, online }) =>
    [setup, offline, online].map((phase) => phase.map((m) => m.length)),
  ),
});

const CASES = [
  ['chameleon', 'relu', 'class'],
  ['chameleon', 'square', 'scores'],
  ['chameleon', 'sigmoid', 'class'],
  ['secureml', 'sigmoid', 'class'],
  ['secureml', 'relu', 'class'],
  ['secureml', 'square', 'scores'],
] as const;

describe.each(CASES)('%s with %s, which reveals %s', (system, activation, reveal) => {
  const model = tinyModel(system, reveal, activation);

  it.each([1, 9])(
    'has messages of the same number and lengths on both sides, whatever is hidden, batch %i',
    (batch) => {
      const models: Model[] = [model, otherWeights(model, 2), zeroWeights(model)];
      const questions = [{ all: 0 }, { all: 1 }, { seed: 3 }].map((of) => question(model.plan, batch, of));
      let seed = 0;
      const seen = models.flatMap((each) => questions.map((inputs) => runWith(each, inputs, batch, seedsOf(seed++))));
      for (const run of seen) expect(lengthsOf(run)).toEqual(lengthsOf(seen[0]!));
    },
  );

  it('has others for another batch, so that the comparison sees lengths at all', () => {
    const [one, nine] = [1, 9].map((batch) =>
      runWith(model, question(model.plan, batch, { seed: 3 }), batch, seedsOf(1)),
    );
    expect(lengthsOf(one!)).not.toEqual(lengthsOf(nine!));
  });
});

describe('oblivious transfers in a dealer’s place', () => {
  const { plan } = tinyModel('secureml', 'scores', 'square');

  /** What both servers receive for one batch; each draws everything itself. */
  function received(batch: number, seed: number): number[][] {
    const prg = new Prg(seedsOf(seed).own);
    const sources = (['a', 'b'] as const).map(
      (role) => new TransferSource(plan, role, prg.bytes(32), (length) => prg.bytes(length)),
    );
    const run = runPair(sources[0]!.piece(batch), sources[1]!.piece(batch), nodePermutation);
    for (const source of sources) source.wipe();
    for (const dealt of run.results) dealt.wipe();
    return run.received.map((messages) => messages.map(({ length }) => length));
  }

  it('have messages of the same number and lengths, whatever the masks are that they multiply', () => {
    expect(received(2, 1)).toEqual(received(2, 2));
    expect(received(3, 1)).not.toEqual(received(2, 1));
  });
});
