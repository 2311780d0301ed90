import { afterEach, describe, expect, it } from 'vitest';
import { startLines } from '../../cli/coordinator/start-lines.ts';
import { parseConfig, type TaskStatus } from '../../coordinator/index.ts';
import { calibrate, type PrivateTask } from '../../coordinator/rounds/calibration.ts';
import { TaskPrivacy } from '../../coordinator/rounds/task-privacy.ts';
import {
  addCentralNoise,
  createNoiseSampler,
  decodeNoisy,
  encodeNoisy,
  fillNoise,
} from '../../protocol/privacy/index.ts';
import { seeded } from '../privacy/support.ts';
import { closeAll, openHall } from './support/hall.ts';

afterEach(closeAll);

const DIMENSION = 3000;

function taskOf(privacy: object, change: object = {}): PrivateTask {
  const [task] = parseConfig({
    tasks: [
      {
        ...{ name: 'noisy', model: { tensors: { w: [DIMENSION] } }, rounds: 5, cohort: 8, minCohort: 6, clip: 3 },
        ...{ adversary: 'curious', unsafeOpenEnrolment: true, modulusBits: 24 },
        ...change,
        privacy: { epsilon: 8, delta: 1e-5, ...privacy },
      },
    ],
  }).tasks;
  return task as PrivateTask;
}

const costOf = (task: PrivateTask) => new TaskPrivacy(task, DIMENSION).status.noise;

/** The mean of updates that are all zero, by what members and coordinators compute: nothing but noise. */
function meanOfZeros(task: PrivateTask, present: number, seed: number): Float32Array {
  const { plan, reading } = calibrate(task, DIMENSION);
  const random = seeded(seed);
  const signs = { key: random(32), rounds: 12 } as const;
  const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
  const sum = new Uint32Array(plan.length);
  for (let member = 0; member < present; member++) {
    const own = plan.placement === 'distributed' ? sampler : undefined;
    const { values } = encodeNoisy(plan, new Float32Array(DIMENSION), own, signs, random);
    values.forEach((value, j) => (sum[j] = (sum[j]! + value) % 2 ** plan.modulusBits));
  }
  if (plan.placement === 'central') addCentralNoise(plan, sum, sampler, random);
  else if (reading.fill === true) fillNoise(plan, sum, present, sampler, random);
  const { update } = decodeNoisy(plan, sum, present, signs, reading.divisor ?? present);
  return update.map((value) => value * task.clip);
}

const normOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('what noise does to a mean', () => {
  const sampled = { sampling: 0.5, expected: 50 };
  const drawn = { cohort: 80, quorum: 100, minCohort: 25 };
  it.each<[string, PrivateTask, number]>([
    ['the coordinator’s', taskOf({ placement: 'central' }), 8],
    ['the members’', taskOf({ placement: 'distributed' }), 8],
    ['the members’, of another law', taskOf({ placement: 'distributed', distribution: 'skellam' }), 8],
    ['with a coordinate for the clip', taskOf({ placement: 'central', adaptiveClip: {} }), 8],
    ['the coordinator’s, of a draw', taskOf({ placement: 'central', epsilon: 50, delta: 0.01, ...sampled }, drawn), 47],
    [
      'the members’, of a draw, filled up',
      taskOf({ placement: 'distributed', epsilon: 50, delta: 0.01, ...sampled }, drawn),
      53,
    ],
  ])('is what the mathematics of the protocol adds: %s', (_, task, present) => {
    const { members, perCoordinate, norm } = costOf(task);
    const values = meanOfZeros(task, present, 7);
    expect(members).toBe(task.privacy.expected ?? 8);
    // A standard deviation from 3 000 samples is off by 1.3 %.
    expect(normOf(values) / norm).toBeGreaterThan(0.93);
    expect(normOf(values) / norm).toBeLessThan(1.07);
    expect(perCoordinate * Math.sqrt(DIMENSION)).toBeCloseTo(norm, 9);
  });

  it('is z times the clip over the members if the coordinator adds it, except for rounding', () => {
    const { perCoordinate } = costOf(taskOf({ placement: 'central', noiseMultiplier: 2 }));
    expect(perCoordinate / ((2 * 3) / 8)).toBeGreaterThan(0.999);
    expect(perCoordinate / ((2 * 3) / 8)).toBeLessThan(1.02);
  });

  it.each(['central', 'distributed'] as const)(
    'is as long as the clip with as many members as are named: %s',
    (placement) => {
      const few = taskOf({ placement, noiseMultiplier: 1 });
      const { bearableFrom } = costOf(few);
      expect(bearableFrom).toBeGreaterThan(8);
      // As many, with survivors and grid as before.
      const cohort = bearableFrom;
      const more = taskOf(
        { placement, noiseMultiplier: 1 },
        { cohort, minCohort: Math.round((6 / 8) * cohort), modulusBits: 28 },
      );
      const { norm } = costOf(more);
      expect(norm / more.clip).toBeGreaterThan(0.9);
      expect(norm / more.clip).toBeLessThan(1.03);
    },
  );
});

const lines = (status: TaskStatus): string[] => startLines({ tasks: [] }, [status], () => undefined);

// A hospital ran eight members with epsilon 1 for a day, and the model stayed a coin toss: nobody had said so before.
describe('before a task with noise begins', () => {
  it('one line states what it costs, and from how many members on it is bearable', async () => {
    const privacy = { epsilon: 8, noiseMultiplier: 2, placement: 'central' };
    const hall = await openHall({ privacy, cohort: 4, minCohort: 3, clip: 1, modulusBits: 24 });
    const [status] = hall.coordinator.tasks;
    const { noise } = status!.privacy!;
    // z·√d / n, of six parameters.
    expect(noise.norm).toBeCloseTo((2 * Math.sqrt(6)) / 4, 1);
    expect(noise.bearableFrom).toBe(5);
    expect(lines(status!)).toHaveLength(1);
    expect(lines(status!)[0]).toMatch(
      /^toy: privacy costs accuracy\. The mean of 4 updates has noise from the coordinator: 0\.5\d* in each of 6 coordinates \(standard deviation\), a norm of 1\.2\d* in total; an update has a norm of at most 1 \(clip\)\. More noise than update: it takes about 5 members in a round/,
    );
    const logged = hall.lines.map((line) => JSON.parse(line) as { event: string });
    expect(logged.find(({ event }) => event === 'noise-expected')).toMatchObject({
      ...{ level: 40, task: 'toy', members: 4, clip: 1, bearable: 5, noise: noise.norm },
    });
  });

  it('says so, too, if it is bearable', () => {
    const status = {
      ...{ task: 'a', round: 0, rounds: 1 },
      parameters: 6,
      privacy: {
        placement: 'distributed',
        clip: 1,
        noise: { members: 40, perCoordinate: 0.01, norm: 0.02, bearableFrom: 1 },
      },
    };
    expect(lines(status as unknown as TaskStatus)[0]).toContain('Bearable: the noise is below the clip');
  });

  it('nothing is printed for a task without noise', async () => {
    const hall = await openHall();
    expect(lines(hall.coordinator.tasks[0]!)).toEqual([]);
    expect(hall.lines.some((line) => line.includes('noise-expected'))).toBe(false);
  });
});
