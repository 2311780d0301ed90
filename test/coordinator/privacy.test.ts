import { afterEach, describe, expect, it } from 'vitest';
import type { App, TrainingResult } from '../../client/app.ts';
import { consentInMemory } from '../../client/consent/memory.ts';
import { NO_RECORD } from '../../client/consent/record.ts';
import type { JoinOptions } from '../../client/index.ts';
import {
  type Coordinator,
  createCoordinator,
  MemoryStore,
  parseConfig,
  type RoundReport,
} from '../../coordinator/index.ts';
import { noisePlanOf } from '../../protocol/rounds/index.ts';
import { epsilonOf, mechanismOf, ORDERS, roundCost } from '../../protocol/privacy/index.ts';
import { useClients } from '../client/support/session.ts';
import { rejectionOf } from './support/errors.ts';
import { until } from './support/until.ts';

const DIMENSION = 2000;
const SHAPES = { w: [DIMENSION] };

/** Moves every parameter by `step`, and counts its rounds. */
class MovingApp implements App<null> {
  readonly shapes = SHAPES;
  rounds = 0;
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  data(): null {
    return null;
  }

  train(parameters: Record<string, Float32Array>): Promise<TrainingResult> {
    this.rounds++;
    return Promise.resolve({
      parameters: { w: parameters['w']!.map((value) => value + this.#step) },
      examples: 10,
      loss: 3,
      accuracy: 0.5,
    });
  }
}

const { enter } = useClients();
const running: Coordinator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
});

const TASK = {
  name: 'noisy',
  rounds: 2,
  cohort: 6,
  minCohort: 5,
  colluding: 0.2,
  overSelect: 0,
  adversary: 'curious',
  unsafeOpenEnrolment: true,
  clip: 1,
  retryPause: 0,
};

/** δ 10^−5, z 1: a round costs an ε of about 5. */
const PRIVACY = { epsilon: 50, delta: 1e-5, noiseMultiplier: 1 };

interface Started {
  readonly coordinator: Coordinator;
  readonly reports: RoundReport[];
}

async function start(
  privacy: object | undefined,
  task: object = {},
  store = new MemoryStore(),
  begin = Promise.resolve(),
): Promise<Started> {
  const noisy = privacy === undefined ? {} : { privacy: { ...PRIVACY, ...privacy } };
  const config = parseConfig({ port: 0, logLevel: 'silent', tasks: [{ ...TASK, ...task, ...noisy }] });
  const zeros = { tensors: { w: new Float32Array(DIMENSION) }, shapes: SHAPES };
  const coordinator = await createCoordinator({ config, store, initialModels: { noisy: zeros }, begin });
  running.push(coordinator);
  const reports: RoundReport[] = [];
  coordinator.on('round', (report) => void reports.push(report));
  return { coordinator, reports };
}

const enterAll = (coordinator: Coordinator, count: number, step = 0, options: JoinOptions = {}) =>
  Array.from({ length: count }, () => enter(coordinator.url, new MovingApp(step), options));

/** The noise multiplier is for one member's clip, in a sum; models move by means. */
function planOf(task: {
  maxCohort: number;
  minHonestSurvivors: number;
  placement: 'central' | 'distributed';
  noiseMultiplier?: number;
}) {
  const { placement, noiseMultiplier = 1 } = task;
  return noisePlanOf({
    dimension: DIMENSION,
    maxCohort: task.maxCohort,
    modulusBits: 20,
    privacy: {
      ...{ placement, distribution: 'discrete-gaussian', noiseMultiplier, sampling: 1 },
      ...{ minHonestSurvivors: task.minHonestSurvivors, bitWidth: 0, epsilon: 50, delta: 1e-5, spent: 0 },
    },
  });
}

const variance = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

describe.each([
  { placement: 'distributed', shares: 6 },
  { placement: 'central', shares: 1 },
] as const)('a task with $placement noise', ({ placement, shares }) => {
  it('moves its model by the mean of the updates and the planned noise, and reports no metrics', async () => {
    // Each update has norm 0.005 · √2000 = 0.22, below the clip of 1.
    const { coordinator, reports } = await start({ placement }, { rounds: 1 });
    const clients = enterAll(coordinator, 6, 0.005);
    await coordinator.finished;
    const plan = planOf({ maxCohort: 6, minHonestSurvivors: 4, placement });
    const moved = coordinator.model('noisy')!['w']!;
    const mean = moved.reduce((sum, value) => sum + value, 0) / DIMENSION;
    const deviation = Math.sqrt(shares * plan.shareVariance) / (6 * plan.scale);
    // Of 2000 samples: the mean within 5 of its deviations, the variance within 5 of its own. The rotation spreads the
    // updates over all coordinates, so what is left beside their mean is noise.
    expect(Math.abs(mean - 0.005)).toBeLessThan((5 * deviation) / Math.sqrt(DIMENSION));
    const noise = moved.map((value) => value - 0.005);
    expect(variance(noise) / deviation ** 2).toBeGreaterThan(1 - 5 * Math.sqrt(2 / DIMENSION) - 0.01);
    expect(variance(noise) / deviation ** 2).toBeLessThan(1 + 5 * Math.sqrt(2 / DIMENSION) + 0.02);

    const [report] = reports;
    expect(report).toMatchObject({ outcome: 'committed', included: 6 });
    expect(report).not.toHaveProperty('examples');
    expect(report).not.toHaveProperty('loss');
    expect(report).not.toHaveProperty('accuracy');
    for (const { log } of clients) expect(log.of('refused')).toEqual([]);
  });

  it('clips an update that is too long before the noise is added', async () => {
    const { coordinator } = await start({ placement }, { rounds: 1 });
    const clients = enterAll(coordinator, 6, 10);
    await coordinator.finished;
    const moved = coordinator.model('noisy')!['w']!;
    const mean = moved.reduce((sum, value) => sum + value, 0) / DIMENSION;
    // 1/√2000 = 0.022 instead of 10. The noise moves the mean by 0.005.
    expect(Math.abs(mean - 1 / Math.sqrt(DIMENSION))).toBeLessThan(0.03);
    for (const { log } of clients) expect(log.of('clipped')[0]!.factor).toBeCloseTo(1 / (10 * Math.sqrt(DIMENSION)), 6);
  });

  it('charges each round, reports what it has cost, and stops before its budget is exceeded', async () => {
    const plan = planOf({ maxCohort: 6, minHonestSurvivors: 4, placement });
    const cost = roundCost(mechanismOf(plan), 1);
    const after = (rounds: number): number =>
      epsilonOf(
        cost.map((divergence) => divergence * rounds),
        1e-5,
      );
    const epsilon = (after(2) + after(3)) / 2;
    const { coordinator, reports } = await start({ placement, epsilon }, { rounds: 100 });
    const clients = enterAll(coordinator, 6);
    await coordinator.finished;
    expect(coordinator.tasks[0]).toMatchObject({ state: 'finished', round: 2 });
    // Members hear why it ended before its last round, and leave by themselves.
    for (const { participation } of clients) {
      const { tasks } = await participation.closed;
      expect(tasks).toMatchObject([{ state: 'budget-spent', round: 2, modelHash: reports[1]!.modelHash }]);
    }
    expect(reports.map(({ privacy }) => privacy?.rounds)).toEqual([1, 2]);
    for (const [i, { privacy }] of reports.entries()) {
      expect(privacy?.spent).toBeCloseTo(after(i + 1), 9);
      expect(privacy?.spentInside ?? NaN).toEqual(
        placement === 'central' ? NaN : (expect.closeTo(after(i + 1), 9) as number),
      );
    }
    const { log } = clients[0]!;
    // Told before anything is trained, by the coordinator's count and by the client's own.
    const kinds = log.events.map(({ kind }) => kind).filter((kind) => kind === 'privacy' || kind === 'training');
    expect(kinds).toEqual(['privacy', 'training', 'privacy', 'training']);
    const [first, second] = log.of('privacy');
    expect([first!.spent, second!.spent]).toEqual([0, expect.closeTo(after(1), 9)]);
    expect(first!.before).toEqual({ readers: 0, inside: 0, rounds: 0 });
    expect(second!.before.readers).toBeCloseTo(after(1), 9);
    expect(second!.after.readers).toBeCloseTo(after(2), 9);
    expect(second!.after.inside).toEqual(placement === 'central' ? Infinity : (expect.closeTo(after(2), 9) as number));
  });
});

describe('a privacy budget', () => {
  it('is not forgotten by a restart', async () => {
    const store = new MemoryStore();
    const one = await start({}, { rounds: 1 }, store);
    enterAll(one.coordinator, 6);
    await one.coordinator.finished;
    const { privacy: spent } = one.reports[0]!;
    await one.coordinator.stop();
    const two = await start({}, { rounds: 2 }, store);
    expect(two.coordinator.tasks[0]!.privacy).toEqual(spent);
    enterAll(two.coordinator, 6);
    await two.coordinator.finished;
    expect(two.reports[0]!.privacy?.rounds).toBe(2);
  });

  it('covers all rounds of a task or none: noise neither begins nor ends with a restart', async () => {
    const [noisy, bare] = [new MemoryStore(), new MemoryStore()];
    for (const [privacy, store] of [
      [{}, noisy],
      [undefined, bare],
    ] as const) {
      const { coordinator } = await start(privacy, { rounds: 1 }, store);
      enterAll(coordinator, 6);
      await coordinator.finished;
      await coordinator.stop();
    }
    expect(await rejectionOf(start(undefined, { rounds: 2 }, noisy))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('its rounds so far had noise and a budget') as string,
    });
    expect(await rejectionOf(start({}, { rounds: 2 }, bare))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('its rounds so far had no noise') as string,
    });
  });

  it('towards coordinator and members is none once a round’s noise was central', async () => {
    const store = new MemoryStore();
    for (const [rounds, placement] of ['distributed', 'central', 'distributed'].entries()) {
      const { coordinator, reports } = await start({ placement }, { rounds: rounds + 1 }, store);
      enterAll(coordinator, 6);
      await coordinator.finished;
      expect(reports[0]!.privacy?.rounds).toBe(rounds + 1);
      expect(reports[0]!.privacy?.spentInside !== undefined).toBe(rounds === 0);
      await coordinator.stop();
    }
  });

  it('is not spent if a round is abandoned before its sum is opened', async () => {
    const { coordinator, reports } = await start({}, { rounds: 1, attempts: 1, deadlines: { advertiseKeys: 0.2 } });
    const waiting = enterAll(coordinator, 6);
    // Two never finish training: four are fewer than minCohort.
    for (const { app } of waiting.slice(0, 2)) app.train = () => new Promise(() => undefined);
    expect(await rejectionOf(coordinator.finished)).toMatchObject({ code: 'below-threshold' });
    expect(reports[0]).toMatchObject({ outcome: 'abandoned', privacy: { rounds: 0, spent: 0 } });
  });

  it('determines the minimum noise with which it lasts for all rounds, if none is configured', async () => {
    const { coordinator } = await start({ noiseMultiplier: undefined, epsilon: 8 }, { rounds: 3 });
    enterAll(coordinator, 6);
    await coordinator.finished;
    expect(coordinator.tasks[0]!.round).toBe(3);
    expect(coordinator.tasks[0]!.privacy?.spent).toBeLessThanOrEqual(8);
    expect(coordinator.tasks[0]!.privacy?.spent).toBeGreaterThan(7.98);
  });

  it('that does not suffice for one round is refused at the start', async () => {
    expect(await rejectionOf(start({ epsilon: 0.1 }))).toMatchObject({
      code: 'privacy-budget',
      message: expect.stringContaining('task "noisy": one round alone costs epsilon') as string,
    });
  });
});

describe('a client', () => {
  it('refuses rounds beyond its own epsilon, reports it to both sides, and counts over restarts', async () => {
    const consent = consentInMemory();
    const policy = { adversary: 'curious', minCohort: 2, maxEpsilon: 6 } as const;
    const { coordinator, reports } = await start({}, { rounds: 2, cohort: 7, quorum: 7 });
    const others = enterAll(coordinator, 6);
    const careful = enter(coordinator.url, new MovingApp(0), { policy, consent });
    await coordinator.finished;
    expect(reports.map(({ included }) => included)).toEqual([7, 6]);
    expect(reports[1]!.drops).toMatchObject([{ reason: 'privacy-budget' }]);
    await careful.log.next('refused');
    expect(careful.log.of('refused')[0]).toMatchObject({ round: 2, code: 'privacy-budget' });
    expect(careful.app.rounds).toBe(1);
    expect(others.every(({ app }) => app.rounds === 2)).toBe(true);
    await careful.participation.leave();
    expect((await consent.read()).accounts).toMatchObject([{ task: 'noisy', distributed: 1, central: 0, bare: 0 }]);
  });

  it('explains that earlier rounds without noise are why no epsilon holds', async () => {
    const consent = consentInMemory();
    const nothing = ORDERS.map(() => 0);
    const bare = { task: 'old', divergences: nothing, inside: nothing, bare: 1, central: 0, distributed: 0 };
    await consent.change(() => ({ ...NO_RECORD, accounts: [bare] }));
    const { coordinator } = await start({}, { rounds: 1 });
    const policy = { adversary: 'curious', minCohort: 2, maxEpsilon: 6 } as const;
    const careful = enter(coordinator.url, new MovingApp(0), { policy, consent });
    await until(() => coordinator.tasks[0]!.idle === 1);
    enterAll(coordinator, 5);
    await careful.log.next('refused');
    expect(careful.log.of('refused')[0]).toMatchObject({
      code: 'privacy-budget',
      message: expect.stringContaining('from no bound to no bound') as string,
      hint: expect.stringContaining('took part in earlier rounds whose noise gives no bound') as string,
    });
  });

  it('does not let a task remove noise that it had, against whichever party', async () => {
    const consent = consentInMemory();
    const rest = { bare: 0, divergences: ORDERS.map(() => 1), inside: ORDERS.map(() => 1) };
    const accounts = [{ task: 'noisy', ...rest, central: 0, distributed: 3 }];
    await consent.change(() => ({ ...NO_RECORD, accounts }));
    const { coordinator } = await start({ placement: 'central' }, { rounds: 1 });
    const careful = enter(coordinator.url, new MovingApp(0), { consent });
    await until(() => coordinator.tasks[0]!.idle === 1);
    enterAll(coordinator, 5);
    expect(await careful.log.next('refused')).toMatchObject({
      code: 'policy-noise',
      message: 'earlier rounds of task "noisy" had noise by its members, this one has only the coordinator’s',
    });
  });

  it('refuses noise that is sized for more honest members than it assumes', async () => {
    const { coordinator } = await start({}, { rounds: 1, attempts: 1, deadlines: { shareKeys: 0.5 } });
    // The task reckons with one of six, these clients with two: three honest survivors of five, not four.
    const clients = enterAll(coordinator, 6, 0, { policy: { adversary: 'curious', minCohort: 2, colluding: 0.34 } });
    // What the operator is told names the cause, and not only that members were missing.
    expect(await rejectionOf(coordinator.finished)).toMatchObject({
      message: expect.stringContaining('members left because of privacy-noise (') as string,
    });
    await until(() => clients.every(({ log }) => log.of('refused').length > 0));
    for (const { log } of clients) expect(log.of('refused')[0]!.code).toBe('privacy-noise');
  });

  it('that does not trust the coordinator’s noise takes no part in a task with central noise', async () => {
    const policy = { adversary: 'curious', minCohort: 2, minNoise: { multiplier: 0.5 } } as const;
    const { coordinator, reports } = await start(
      { placement: 'central' },
      { rounds: 1, attempts: 1, deadlines: { advertiseKeys: 0.3 } },
    );
    const clients = enterAll(coordinator, 6, 0, { policy });
    for (const { log } of clients) expect((await log.next('refused')).code).toBe('policy-noise');
    // Who refuses sits out for a while, and costs the task none of its attempts: it waits for others.
    await until(() => reports.length > 0);
    expect(reports[0]!.outcome).toBe('abandoned');
    expect(coordinator.tasks[0]!.state).not.toBe('failed');
    for (const { log } of clients) {
      expect(log.of('trained')).toEqual([]);
      expect(new Set(log.of('sent').map(({ message }) => message))).toEqual(new Set(['abort']));
    }
  });
});

/** Draws of nine out of ten, hardly ever of three or fewer. */
const SAMPLED = { sampling: 0.9, expected: 9, delta: 0.01, noiseMultiplier: 0.1, epsilon: 1000 };

describe('members that are drawn at random', () => {
  it('are charged for each draw, are divided by a number fixed before, and change from draw to draw', async () => {
    const task = { rounds: 12, cohort: 10, quorum: 10, minCohort: 3, attempts: 100 };
    const { coordinator, reports } = await start(SAMPLED, task);
    enterAll(coordinator, 10, 0.01);
    await coordinator.finished;
    const committed = reports.filter(({ outcome }) => outcome === 'committed');
    expect(committed).toHaveLength(12);
    // Two of ten may leave their noise out.
    const { privacy } = coordinator.tasks[0]!;
    expect(privacy!.rounds).toBeGreaterThanOrEqual(12);
    const whole = epsilonOf(
      roundCost(
        mechanismOf(
          planOf({ maxCohort: 10, minHonestSurvivors: 1, placement: 'distributed', noiseMultiplier: 0.1 }),
          true,
          2,
        ),
        1,
      ).map((divergence) => divergence * privacy!.rounds),
      // A tenth is kept for draws of too few.
      0.009,
    );
    expect(privacy!.spent).toBeLessThanOrEqual(whole * (1 + 1e-9));
    expect(privacy!.spentInside).toBeGreaterThan(whole);
    const total = committed.reduce((sum, { included }) => sum + included, 0);
    const moved = coordinator.model('noisy')!['w']!;
    const mean = moved.reduce((sum, value) => sum + value, 0) / DIMENSION;
    // Each member in a sum moves the model by 0.01 / 9, however many there were. The noise moves the mean by 0.003.
    expect(mean).toBeGreaterThan((0.01 * total) / 9 - 0.02);
    expect(mean).toBeLessThan((0.01 * total) / 9 + 0.02);
    // That twelve draws have as many members each happens once in eighty thousand times.
    expect(new Set(committed.map(({ included }) => included)).size).toBeGreaterThan(1);
  });
});

describe('the HTTP API of a task whose members are drawn at random', () => {
  it('does not reveal how many were, or which', async () => {
    const task = { rounds: 2, cohort: 10, quorum: 10, minCohort: 3, attempts: 100 };
    const { coordinator, reports } = await start(SAMPLED, task);
    enterAll(coordinator, 10);
    await coordinator.finished;
    const get = async (path: string): Promise<unknown> => (await fetch(`${coordinator.url}/v1/tasks${path}`)).json();
    const [status] = (await get('')) as object[];
    const { reports: latest, ...same } = (await get('/noisy')) as { reports: object[] };
    const all = (await get('/noisy/rounds')) as object[];
    expect(status).toMatchObject({ task: 'noisy', state: 'finished', round: 2, privacy: { sampling: 0.9 } });
    expect(same).toEqual(status);
    expect(latest).toEqual(all.slice(-5));
    expect(all).toHaveLength(reports.length);
    for (const [i, report] of all.entries()) {
      const { outcome, modelHash, privacy } = reports[i]!;
      expect(report).toMatchObject({ task: 'noisy', outcome, modelHash, privacy });
      for (const key of ['included', 'members', 'drops', 'groups', 'bytesUp', 'bytesDown', 'ms', 'states', 'message'])
        expect(report).not.toHaveProperty(key);
    }
    for (const key of ['idle', 'inRound', 'progress', 'message']) expect(status).not.toHaveProperty(key);
    // Whoever runs the coordinator is told.
    expect(reports.at(-1)!.included).toBeGreaterThanOrEqual(3);
  });
});

describe('draws from too many members', () => {
  it('are not made, and nothing is charged, until there are fewer', async () => {
    const task = { rounds: 1, cohort: 10, quorum: 10, minCohort: 3, retryPause: 0, attempts: 100 };
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { coordinator, reports } = await start(SAMPLED, task, new MemoryStore(), begun);
    const members = enterAll(coordinator, 12);
    await until(() => coordinator.tasks[0]!.idle === 12);
    begin();
    await until(() => coordinator.tasks[0]!.state === 'waiting');
    // More than ten are drawn now and then, and that there is no result then would tell of it.
    await members[0]!.participation.leave();
    await until(() => coordinator.tasks[0]!.idle === 11);
    expect(coordinator.tasks[0]!.privacy?.rounds).toBe(0);
    await members[1]!.participation.leave();
    await coordinator.finished;
    expect(reports.map(({ outcome }) => outcome)).toEqual(['committed']);
  });

  it('end the task if there are no others in time', async () => {
    const task = { rounds: 1, cohort: 10, quorum: 10, minCohort: 3, quorumTimeout: 0.5, afterQuorumTimeout: 'fail' };
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { coordinator } = await start(SAMPLED, task, new MemoryStore(), begun);
    enterAll(coordinator, 12);
    await until(() => coordinator.tasks[0]!.idle === 12);
    begin();
    expect(await rejectionOf(coordinator.finished)).toMatchObject({
      code: 'not-enough-clients',
      message: expect.stringContaining(
        '12 clients are present after 0.5 s, too few or too many to draw 3 to 10 of them',
      ) as string,
    });
    expect(coordinator.tasks[0]!.privacy?.rounds).toBe(0);
  });
});

describe('an adaptive clip', () => {
  it('falls towards the norms of updates that are shorter, and is kept over a restart', async () => {
    const store = new MemoryStore();
    // The share of short updates is told to within 0.1, with noise of 1 to within 1.
    const adaptive = { adaptiveClip: { rate: 1 }, noiseMultiplier: 0.1, epsilon: 1000 };
    const task = { clip: 8, rounds: 6 };
    const { coordinator, reports } = await start(adaptive, task, store);
    // Norm 0.22: all are short enough while the clip is above it, so it falls by e^(−1/2) in each round but for the noise.
    enterAll(coordinator, 6, 0.005);
    await coordinator.finished;
    const clips = reports.map(({ privacy }) => privacy!.clip);
    expect(clips.at(-1)).toBeLessThan(1);
    expect(clips.every((clip) => clip > 0)).toBe(true);
    await coordinator.stop();
    const again = await start(adaptive, { ...task, rounds: 7 }, store);
    expect(again.coordinator.tasks[0]!.privacy?.clip).toBe(clips.at(-1));
  });
});

describe('groups of a task with noise', () => {
  it('each have separate noise, and cost what one sum costs', async () => {
    const groups = { count: 3, rule: 'median' };
    const { coordinator, reports } = await start({}, { rounds: 1, cohort: 12, minCohort: 4, colluding: 0.1, groups });
    enterAll(coordinator, 12, 0.005);
    await coordinator.finished;
    expect(reports[0]).toMatchObject({ outcome: 'committed', included: 12, privacy: { rounds: 1 } });
    const plan = planOf({ maxCohort: 4, minHonestSurvivors: 4, placement: 'distributed' });
    expect(reports[0]!.privacy?.spent).toBeCloseTo(epsilonOf(roundCost(mechanismOf(plan), 1), 1e-5), 9);
    const moved = coordinator.model('noisy')!['w']!;
    const mean = moved.reduce((sum, value) => sum + value, 0) / DIMENSION;
    expect(Math.abs(mean - 0.005)).toBeLessThan(0.02);
  });
});

describe('the configuration', () => {
  const refused = (privacy: object, task: object = {}): unknown => {
    try {
      return parseConfig({ tasks: [{ ...TASK, ...task, privacy: { ...PRIVACY, ...privacy } }] });
    } catch (error) {
      return error;
    }
  };

  it.each([
    [{ sampling: 0.5 }, {}, 'privacy.expected is missing'],
    [{ expected: 5 }, {}, 'privacy.expected is only used with privacy.sampling below 1'],
    [{ sampling: 0.5, expected: 2 }, {}, 'privacy.expected is 2'],
    [{ sampling: 0.5, expected: 5 }, {}, 'draws from a quorum of 6 have fewer than 5 or more than 6 members too often'],
    [
      { sampling: 0.5, expected: 12 },
      { cohort: 24, minCohort: 3, colluding: 0.1, groups: { count: 3, rule: 'median' } },
      'with groups',
    ],
    [{}, { colluding: 0.9 }, 'all may collude'],
    [{}, { cohort: 15, minCohort: 3, colluding: 0 }, 'clients assume at least 0.2'],
    [{ sampling: 0.9, expected: 5 }, {}, 'have fewer than 5 or more than 6 members too often'],
    [{ delta: 0.02 }, {}, 'delta'],
    [{ epsilon: 0 }, {}, 'epsilon'],
    [{ delta: 1 }, {}, 'delta'],
    [{ epsilom: 1 }, {}, 'epsilom'],
  ])('refuses %j with %j', (privacy, task, message) => {
    expect(refused(privacy, task)).toMatchObject({ message: expect.stringContaining(message) as string });
  });

  it('lets a round wait for more members than a cohort has, if a part of them is drawn', () => {
    const task = { cohort: 300, quorum: 2000, minCohort: 110 };
    expect(refused({ sampling: 0.1, expected: 200 }, task)).toMatchObject({
      tasks: [{ quorum: 2000, minCohort: 110 }],
    });
    expect(refused({}, task)).toMatchObject({
      message: expect.stringContaining('quorum 2000 is greater than cohort 300') as string,
    });
  });

  it('counts central noise for no survivors, since no member adds any', () => {
    expect(refused({ placement: 'central' }, { colluding: 0.2 })).toMatchObject({
      tasks: [{ privacy: { minHonestSurvivors: 1 }, modulusBits: 20 }],
    });
  });
});
