import { afterEach, describe, expect, it } from 'vitest';
import type { App, TrainingResult } from '../../client/app.ts';
import {
  type Coordinator,
  createCoordinator,
  MemoryStore,
  parseConfig,
  type TaskStatus,
} from '../../coordinator/index.ts';
import { shownWhere } from '../../coordinator/http/redact.ts';
import { useClients } from '../client/support/session.ts';
import { until } from './support/until.ts';

const SHAPES = { w: [200] };
const MEMBERS = 10;

const { enter } = useClients();
const running: Coordinator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
});

/** Trains when it is told to: until then a round stays where it is. */
class PatientApp implements App<null> {
  readonly shapes = SHAPES;
  readonly #go: Promise<void>;

  constructor(go: Promise<void>) {
    this.#go = go;
  }

  data(): null {
    return null;
  }

  async train(parameters: Record<string, Float32Array>): Promise<TrainingResult> {
    await this.#go;
    return { parameters, examples: 10, loss: 3, accuracy: 0.5 };
  }
}

/** What all tasks have in common. */
const COMMON = {
  ...{ cohort: MEMBERS, minCohort: 3, colluding: 0.2, overSelect: 0, retryPause: 0, attempts: 100 },
  ...{ adversary: 'curious', unsafeOpenEnrolment: true, clip: 1, rounds: 1, model: { tensors: SHAPES } },
};

/** Nine of ten are drawn. */
const DRAWN = {
  ...{ name: 'drawn', quorum: MEMBERS },
  privacy: { epsilon: 1000, delta: 0.01, noiseMultiplier: 0.1, sampling: 0.9, expected: 9 },
};

/** A task for the same members, which waits for more than there are. */
const BESIDE = { name: 'beside', quorum: MEMBERS + 1, cohort: MEMBERS + 1, scales: 'fixed' };

/** A model of which every value is the same. */
const modelOf = (value: number) => ({ tensors: { w: new Float32Array(200).fill(value) }, shapes: SHAPES });

/** Members come, and a round stands in which nobody has trained yet. */
async function underWay() {
  let go!: () => void;
  const gone = new Promise<void>((resolve) => (go = resolve));
  const config = parseConfig({
    ...{ port: 0, logLevel: 'silent' },
    tasks: [
      { ...COMMON, ...DRAWN },
      { ...COMMON, ...BESIDE },
    ],
  });
  // Two models, since clients open no two sums from one that differ by a member or two.
  const initialModels = { drawn: modelOf(0), beside: modelOf(1) };
  const coordinator = await createCoordinator({ config, store: new MemoryStore(), initialModels });
  running.push(coordinator);
  for (let i = 0; i < MEMBERS; i++) enter(coordinator.url, new PatientApp(gone));
  await until(() => coordinator.tasks[0]!.inRound > 0);
  return { coordinator, go };
}

const get = async <Answer>({ url }: Coordinator, path: string): Promise<Answer> =>
  (await (await fetch(`${url}${path}`)).json()) as Answer;

describe('the number of members that were drawn at random', () => {
  it('could be derived from another task, if that one showed how many are idle', async () => {
    const { coordinator, go } = await underWay();
    const { connected } = await get<{ connected: number }>(coordinator, '/v1');
    const [{ inRound }, beside] = coordinator.tasks as [TaskStatus, TaskStatus];
    expect(connected - beside.idle).toBe(inRound);
    expect(shownWhere(false).status(beside).idle).toBe(connected - inRound);
    expect(shownWhere(true).status(beside).idle).toBeUndefined();
    go();
  });

  it('is not revealed by any task’s status, during the round or after it', async () => {
    const { coordinator, go } = await underWay();
    const expectSilence = async (): Promise<void> => {
      const statuses = await get<object[]>(coordinator, '/v1/tasks');
      expect(statuses).toMatchObject([{ task: 'drawn' }, { task: 'beside', state: 'waiting' }]);
      statuses.push(await get(coordinator, '/v1/tasks/drawn'), await get(coordinator, '/v1/tasks/beside'));
      for (const status of statuses)
        for (const key of ['idle', 'inRound', 'progress', 'message']) expect(status).not.toHaveProperty(key);
    };
    await expectSilence();
    go();
    await until(() => coordinator.tasks[0]!.state === 'finished');
    await expectSilence();
  });

  it('is not revealed by reports of another task’s rounds, which name the members that were free', async () => {
    const { coordinator, go } = await underWay();
    go();
    await until(() => coordinator.tasks[0]!.state === 'finished');
    // One more, and the other task has its quorum.
    enter(coordinator.url, new PatientApp(Promise.resolve()));
    await until(() => coordinator.tasks[1]!.state === 'finished');
    const reports = await get<object[]>(coordinator, '/v1/tasks/beside/rounds');
    // On a busy machine an attempt may be abandoned first; its report must be silent too.
    expect(reports.at(-1)).toMatchObject({ task: 'beside', round: 1, outcome: 'committed' });
    for (const report of reports)
      for (const key of ['members', 'included', 'drops', 'examples', 'bytesUp', 'bytesDown', 'ms', 'states'])
        expect(report).not.toHaveProperty(key);
  });

  it('is not revealed by metrics', async () => {
    const { coordinator, go } = await underWay();
    go();
    await until(() => coordinator.tasks[0]!.state === 'finished');
    const text = await (await fetch(`${coordinator.url}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name).sort();
    expect(names).toEqual([
      'cairn_members_connected',
      'cairn_model_rebases_total',
      'cairn_process_resident_bytes',
      'cairn_refusals_total',
      'cairn_round',
      'cairn_rounds_abandoned_total',
      'cairn_rounds_total',
      'cairn_workers_lost_total',
    ]);
    expect(text).toContain('cairn_rounds_total{task="drawn",outcome="committed"} 1');
  });
});
