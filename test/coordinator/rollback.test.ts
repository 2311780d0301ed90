import { afterEach, describe, expect, it } from 'vitest';
import { join } from '../../client/index.ts';
import type { ParticipationEvent } from '../../client/events.ts';
import { FileStore, MemoryStore, type RoundReport } from '../../coordinator/index.ts';
import { seededTensors } from '../../coordinator/rounds/seeded.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { memberId } from '../../protocol/ids.ts';
import { closeAll, type Hall, membership, openHall, SHAPES, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';
import type { Script, ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

const before = seededTensors(SHAPES, 1);

/** Held-out data that like a model the better the nearer its weights are to the first ones plus 0.5. */
const evaluate = (_: string, { w }: Record<string, Float32Array>) => {
  const loss = w!.reduce((sum, value, j) => sum + Math.abs(value - before.w![j]! - 0.5), 0) / w!.length;
  return Promise.resolve({ loss, accuracy: 1 / (1 + loss), examples: 4 });
};

const CHECK = { metric: 'loss', tolerance: 0.1 };

/** Sends what no honest member does, in its first `times` rounds. */
function hugeAtFirst(times: number): Script {
  let rounds = 0;
  return {
    words: (values, { modulusBits, dimension }) => {
      if (rounds++ >= times) return;
      for (let j = 0; j < dimension; j++) values[j]! += 0.6 * 2 ** (modulusBits - 1);
    },
  };
}

const joinAll = (hall: Hall, scripts: Readonly<Record<number, Script>> = {}): Promise<ScriptedClient[]> =>
  Promise.all([1, 2, 3, 4].map((member) => hall.join(member, scripts[member])));

/** A store that says what it was given. */
class CountingStore extends MemoryStore {
  puts = 0;
  saves = 0;
  override putModel(bytes: Uint8Array): Promise<string> {
    this.puts++;
    return super.putModel(bytes);
  }
  override saveTask(record: Parameters<MemoryStore['saveTask']>[0]): Promise<void> {
    this.saves++;
    return super.saveTask(record);
  }
}

describe('a new model that is worse on held-out data', () => {
  it('never becomes the task’s, and the next attempt starts from the previous one', async () => {
    const store = new CountingStore();
    const hall = await openHall({ attempts: 3, validation: CHECK }, { evaluate, store });
    const { modelHash } = hall.coordinator.tasks[0]!;
    const clients = await joinAll(hall, { 2: hugeAtFirst(1) });
    await hall.coordinator.finished;

    const [bad, good] = hall.reports;
    expect(bad).toMatchObject({
      round: 1,
      attempt: 1,
      outcome: 'rolled-back',
      code: 'model-worse',
      included: 4,
      modelHash,
      standing: { loss: 0.5 },
    });
    expect(bad!.message).toMatch(/loss \d.* the previous one 0\.5000, and the tolerance is 0\.1/);
    expect(bad!.evaluation!.loss).toBeGreaterThan(1);
    expect(good).toMatchObject({ round: 1, attempt: 2, outcome: 'committed', standing: { loss: 0.5 } });
    expect(good!.evaluation!.loss).toBeLessThan(0.01);
    // First model and the one that was committed: nothing of the third was ever kept.
    expect(store.puts).toBe(2);
    // Beside these two: that a set was announced, and that its members are to train anew.
    expect(store.saves).toBe(4);
    hall.coordinator.model('toy')!.w!.forEach((value, j) => expect(value - before.w![j]!).toBeCloseTo(0.5, 2));

    for (const { settings } of clients) {
      expect(settings.map(({ round, repeat }) => [round, repeat])).toEqual([
        [1, 0],
        [1, 1],
      ]);
    }
    await until(() => clients.every(({ events }) => events.filter(({ kind }) => kind === 'committed').length === 2));
    for (const { events } of clients) {
      const [first] = events.filter((event) => event.kind === 'committed');
      // Its update was in a sum; the model that stands is the one that it was trained from.
      expect(first!.included).toBe(true);
      expect(toHex(first!.modelHash)).toBe(modelHash);
    }
  });

  it('is retrained by production clients, and not sent again', async () => {
    const hall = await openHall({ cohort: 4, attempts: 3, validation: CHECK }, { evaluate });
    const events: ParticipationEvent[] = [];
    const app = {
      shapes: SHAPES,
      data: () => 0,
      train: (parameters: Record<string, Float32Array>) => {
        for (const values of Object.values(parameters)) values.forEach((value, j) => (values[j] = value + 0.5));
        return Promise.resolve({ parameters, examples: 100, loss: 1, accuracy: 0.5 });
      },
    };
    const participations = [1, 3, 4].map((member) =>
      join(hall.coordinator.url, app, {
        identity: { member, keys: membership.identities.get(memberId(member))! },
        authorityKey: membership.authority.publicKey,
        onEvent: (event) => events.push(event),
      }),
    );
    await hall.join(2, hugeAtFirst(1));
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'committed']);
    const trained = events.filter((event) => event.kind === 'trained');
    expect(trained.map(({ kept }) => kept)).toEqual([false, false, false, false, false, false]);
    for (const participation of participations) void participation.leave();
    await Promise.all(participations.map(({ closed }) => closed));
  });

  it('is followed by a round of the same members, if others would be refused, and each trains differently', async () => {
    const task = { cohort: 6, quorum: 6, minCohort: 5, overSelect: 0.3, attempts: 4, validation: CHECK };
    const begin: { now?: () => void } = {};
    const begun = new Promise<void>((resolve) => (begin.now = resolve));
    const hall = await openHall(task, { evaluate, begin: begun });
    const seeds: number[][] = [];
    let bad = true;
    const participations = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((member) => {
      const own: number[] = [];
      seeds.push(own);
      const app = {
        shapes: SHAPES,
        data: () => 0,
        train: (parameters: Record<string, Float32Array>, _: number, { seed }: { readonly seed: number }) => {
          own.push(seed);
          const step = bad ? 5 : 0.5;
          for (const values of Object.values(parameters)) values.forEach((value, j) => (values[j] = value + step));
          return Promise.resolve({ parameters, examples: 100, loss: 1, accuracy: 0.5 });
        },
      };
      return join(hall.coordinator.url, app, {
        identity: { member, keys: membership.identities.get(memberId(member))! },
        authorityKey: membership.authority.publicKey,
      });
    });
    await until(() => hall.coordinator.tasks[0]!.idle === 9);
    hall.coordinator.on('round', ({ outcome }) => (bad &&= outcome !== 'rolled-back'));
    begin.now!();
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'committed']);
    const [first, second] = hall.reports;
    expect(second!.members.invited).toBe(first!.included);
    expect(second!.included).toBe(first!.included);
    // Whoever was in both sums trained twice, from another seed.
    const twice = seeds.filter(({ length }) => length === 2);
    expect(twice).toHaveLength(first!.included);
    for (const [one, other] of twice) expect(one).not.toBe(other);
    for (const participation of participations) void participation.leave();
    await Promise.all(participations.map(({ closed }) => closed));
  });

  it('ends the task when it occurs as often in a row as attempts are allowed', async () => {
    const hall = await openHall({ attempts: 2, validation: CHECK }, { evaluate });
    await joinAll(hall, { 2: hugeAtFirst(9) });
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('model-worse');
    expect(error.message).toMatch(/^task "toy": round 1 was given up after 2 attempts: on held-out data/);
    expect(hall.reports.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ['rolled-back', 1],
      ['rolled-back', 2],
    ]);
    expect(hall.coordinator.tasks[0]).toMatchObject({ state: 'failed', code: 'model-worse', round: 0 });
  });

  it('is still absent after a restart', async () => {
    const folder = await temporaryFolder();
    const task = { attempts: 1, validation: CHECK, strategy: { name: 'fedavgm', momentum: 0.9 } };
    const first = await openHall(task, { evaluate, store: await FileStore.open(folder) });
    const { modelHash } = first.coordinator.tasks[0]!;
    await joinAll(first, { 2: hugeAtFirst(1) });
    await rejectionOf(first.coordinator.finished);
    await first.coordinator.stop();

    const second = await openHall(task, { evaluate, store: await FileStore.open(folder) });
    expect(second.coordinator.tasks[0]).toMatchObject({ round: 0, modelHash });
    await joinAll(second);
    await second.coordinator.finished;
    // A velocity of the model that was rolled back would have carried this one away.
    second.coordinator.model('toy')!.w!.forEach((value, j) => expect(value - before.w![j]!).toBeCloseTo(0.5, 2));
    const reports: readonly RoundReport[] = await (await FileStore.open(folder)).listRounds('toy');
    expect(reports.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'committed']);
  });
});

describe('the validation of new models', () => {
  it('accepts a model that is worse by at most the tolerance', async () => {
    // From the right place to 0.5 beyond it.
    const hall = await openHall({ rounds: 2, validation: { metric: 'loss', tolerance: 0.6 } }, { evaluate });
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(hall.reports[1]!.outcome).toBe('committed');
    expect(hall.reports[1]!.standing!.loss).toBeCloseTo(0, 2);
    expect(hall.reports[1]!.evaluation!.loss).toBeCloseTo(0.5, 2);
  });

  it('compares the accuracy if that is configured, which must not fall', async () => {
    const check = { metric: 'accuracy', tolerance: 0.1 };
    const hall = await openHall({ rounds: 2, validation: check }, { evaluate });
    await joinAll(hall);
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error).toMatchObject({ code: 'model-worse', message: expect.stringContaining('accuracy 0.6') as string });
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(['committed', 'rolled-back']);
  });

  it('evaluates the current model once, and each new one once', async () => {
    let calls = 0;
    const counted: typeof evaluate = (task, tensors) => {
      calls++;
      return evaluate(task, tensors);
    };
    const hall = await openHall({ rounds: 3, validation: { metric: 'loss', tolerance: 9 } }, { evaluate: counted });
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(calls).toBe(4);
  });

  it('rejects a model that cannot be evaluated, and says why', async () => {
    let calls = 0;
    const failing: typeof evaluate = (task, tensors) =>
      ++calls === 2 ? Promise.reject(new Error('out of memory')) : evaluate(task, tensors);
    const hall = await openHall({ attempts: 2, validation: CHECK }, { evaluate: failing });
    const { modelHash } = hall.coordinator.tasks[0]!;
    await joinAll(hall);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({
      outcome: 'abandoned',
      code: 'internal',
      message: 'out of memory',
      modelHash,
    });
    expect(hall.reports[1]!.outcome).toBe('committed');
  });

  it('needs an evaluation', async () => {
    const error = await rejectionOf(openHall({ validation: CHECK }));
    expect(error).toMatchObject({ code: 'config-invalid', hint: expect.stringContaining('--held-out') as string });
  });
});
