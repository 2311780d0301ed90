import { afterEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../coordinator/index.ts';
import { ERROR_CODES } from '../../protocol/errors.ts';
import { closeAll, type Hall, openHall, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';

afterEach(closeAll);

const CHECK = { metric: 'loss', tolerance: 0.1 } as const;
const GOOD = { loss: 1, accuracy: 0.5, examples: 4 };

/** An evaluation that answers each time it is asked with the next of these, and with the last from then on. */
function answering(...answers: readonly Partial<typeof GOOD>[]) {
  let calls = 0;
  return () => Promise.resolve({ ...GOOD, ...answers[Math.min(calls++, answers.length - 1)] });
}

const joinAll = (hall: Hall) => Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));

// An operator named an empty file. Every round was rolled back, and members were told to train anew, until the task ended
// with "look for members that send what they should not".
describe('held-out data that cannot judge a model', () => {
  it.each<[string, Partial<typeof GOOD>, 'data-empty' | 'evaluation-not-finite', RegExp]>([
    ['are empty', { examples: 0, loss: NaN }, 'data-empty', /held-out data have no examples/],
    ['hold NaN', { loss: NaN }, 'evaluation-not-finite', /held-out data the first model has loss NaN/],
    ['lead to infinity', { loss: Infinity }, 'evaluation-not-finite', /the first model has loss Infinity/],
  ])('end a coordinator at its start where they %s, with exit code 3', async (_, answer, code, words) => {
    const error = await rejectionOf(openHall({ validation: CHECK }, { evaluate: answering(answer) }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(ERROR_CODES[code].exit).toBe(3);
  });

  it('are only asked for the metric that is validated: a regression model has no accuracy', async () => {
    const hall = await openHall({ validation: CHECK }, { evaluate: answering({ accuracy: NaN }) });
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(hall.reports[0]!.outcome).toBe('committed');
  });

  it('are only asked for accuracy if that is validated, for the first model too', async () => {
    const validation = { metric: 'accuracy', tolerance: 0.1 } as const;
    const hall = await openHall({ validation }, { evaluate: answering({ loss: NaN }) });
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(hall.reports[0]!.outcome).toBe('committed');
    const error = await rejectionOf(openHall({ validation }, { evaluate: answering({ accuracy: NaN }) }));
    expect(error.code).toBe('evaluation-not-finite');
    expect(error.message).toMatch(/the first model has accuracy NaN/);
  });

  it('do not stop a task whose own model has become infinite', async () => {
    const store = await FileStore.open(await temporaryFolder());
    const first = await openHall({}, { store });
    await joinAll(first);
    await first.coordinator.finished;
    await first.coordinator.stop();
    const second = await openHall(
      { rounds: 2, validation: CHECK },
      { store, evaluate: answering({ loss: NaN }, { loss: 9 }) },
    );
    await joinAll(second);
    await second.coordinator.finished;
    expect(second.reports.map(({ outcome }) => outcome)).toEqual(['committed']);
  });
});

describe('an evaluation that is not finite while rounds run', () => {
  it.each([NaN, Infinity, -Infinity])('is the operator’s fault by name, and no member’s: loss %d', async (loss) => {
    const evaluate = answering({}, { loss }, { loss: 1 });
    const hall = await openHall({ attempts: 3, validation: CHECK }, { evaluate });
    const { modelHash } = hall.coordinator.tasks[0]!;
    await joinAll(hall);
    await hall.coordinator.finished;
    const [first, second] = hall.reports;
    expect(first).toMatchObject({ outcome: 'abandoned', code: 'evaluation-not-finite', modelHash, drops: [] });
    expect(first!.benched).toBeUndefined();
    expect(first!.message).toContain('on the coordinator’s held-out data the new model has loss');
    expect(hall.faults.map(({ code, hint }) => [code, hint])).toEqual([
      ['evaluation-not-finite', expect.stringContaining('correct the coordinator’s held-out data or evaluate()')],
    ]);
    // The members train anew, since the same updates would come to the same.
    expect(second).toMatchObject({ outcome: 'committed', repeat: 1 });
  });

  it('rejects the model: otherwise a party that can make an evaluation fail would pass validation', async () => {
    const hall = await openHall({ attempts: 2, validation: CHECK }, { evaluate: answering({}, { loss: NaN }) });
    const { modelHash } = hall.coordinator.tasks[0]!;
    await joinAll(hall);
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('evaluation-not-finite');
    expect(error.message).toMatch(/^task "toy": round 1 was given up after 2 attempts: .*held-out data/);
    expect(error.message.match(/task "toy"/g)).toHaveLength(1);
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['abandoned', 'abandoned']);
    expect(hall.coordinator.tasks[0]!.modelHash).toBe(modelHash);
  });

  it('without validation, is left out of the report and reported as a fault, and the model is accepted', async () => {
    const hall = await openHall({}, { evaluate: answering({ loss: NaN }) });
    const { modelHash } = hall.coordinator.tasks[0]!;
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(hall.reports[0]!.outcome).toBe('committed');
    expect(hall.reports[0]!.modelHash).not.toBe(modelHash);
    expect(hall.reports[0]!.evaluation).toBeUndefined();
    expect(hall.faults).toMatchObject([{ code: 'evaluation-not-finite' }]);
  });
});
