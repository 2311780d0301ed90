import { afterEach, describe, expect, it } from 'vitest';
import type { MessageName } from '../../protocol/wire/header.ts';
import { seededTensors } from '../../coordinator/rounds/seeded.ts';
import { FileStore, MemoryStore } from '../../coordinator/index.ts';
import { closeAll, type Hall, openHall, SHAPES, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';
import type { Script } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

const joinAll = (hall: Hall, count: number, scripts: Readonly<Record<number, Script>> = {}) =>
  Promise.all(Array.from({ length: count }, (_, i) => hall.join(i + 1, scripts[i + 1])));

/** Sends nothing from this message on. */
const silentAt = (message: MessageName): Script => {
  let silent = false;
  return {
    send: (name, bytes) => {
      silent ||= name === message;
      return silent ? undefined : bytes;
    },
  };
};

/** Deadlines that are long but for one state. */
const hurry = (state: string): object => ({ deadlines: { [state]: 0.3 } });

describe.each(['active', 'curious'] as const)('a round against an %s adversary', (adversary) => {
  it('commits the mean of all updates', async () => {
    const hall = await openHall({ adversary });
    const clients = await joinAll(hall, 4, { 1: { update: 2.5 } });
    await hall.coordinator.finished;

    // (2.5 + 3 · 0.5) / 4 = 1, on top of the first model.
    const before = seededTensors(SHAPES, 1);
    const model = hall.coordinator.model('toy')!;
    for (const name of ['b', 'w'] as const) {
      expect(model[name]).toHaveLength(before[name]!.length);
      model[name]!.forEach((value, j) => expect(value - before[name]![j]!).toBeCloseTo(1, 2));
    }
    expect(hall.reports).toHaveLength(1);
    const [report] = hall.reports;
    expect(report).toMatchObject({
      task: 'toy',
      round: 1,
      attempt: 1,
      outcome: 'committed',
      included: 4,
      drops: [],
      members: { invited: 4, advertised: 4, shared: 4, input: 4, unmasked: 4 },
      modelHash: hall.coordinator.tasks[0]!.modelHash,
    });
    expect(report!.members.consistent).toBe(adversary === 'active' ? 4 : undefined);
    expect(report!.examples).toBeCloseTo(400, 0);
    expect(report!.loss).toBeCloseTo(1.5, 2);
    expect(report!.accuracy).toBeCloseTo(0.25, 2);
    await until(() => clients.every((client) => client.end !== undefined));
    for (const client of clients) expect(client.end).toMatchObject({ kind: 'committed', included: true });
  });

  it('counts members, bytes and time by state', async () => {
    const hall = await openHall({ adversary });
    const clients = await joinAll(hall, 4);
    await hall.coordinator.finished;
    const [report] = hall.reports;
    const states = ['advertise-keys', 'share-keys', 'masked-input'];
    if (adversary === 'active') states.push('consistency-check');
    expect(Object.keys(report!.states)).toEqual([...states, 'unmasking', 'computing']);
    expect(hall.states.map(({ state }) => state)).toEqual([...states, 'unmasking', 'computing', 'committed']);
    const sent = clients.flatMap((client) => client.sent);
    expect(report!.bytesUp).toBe(sent.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const inputs = sent.filter(({ name }) => name === 'maskedInput');
    expect(report!.states['masked-input']?.bytesUp).toBe(inputs.reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(report!.bytesDown).toBeGreaterThan(report!.states['advertise-keys']!.bytesDown);
    expect(report!.ms).toBeGreaterThanOrEqual(report!.states['masked-input']!.ms);
  });
});

describe('dropouts', () => {
  it.each<[MessageName, string, string, object, number]>([
    ['advertiseKeys', 'advertiseKeys', 'before-input', { advertised: 4, shared: 4, input: 4 }, 4],
    ['shareKeys', 'shareKeys', 'before-input', { advertised: 5, shared: 4, input: 4 }, 4],
    ['maskedInput', 'maskedInput', 'before-input', { shared: 5, input: 4, consistent: 4 }, 4],
    ['consistency', 'consistencyCheck', 'after-input', { input: 5, consistent: 4, unmasked: 4 }, 5],
    ['unmaskShares', 'unmasking', 'without-unmasking', { input: 5, consistent: 5, unmasked: 4 }, 5],
  ])('a member silent before %s misses the deadline', async (message, state, effect, members, included) => {
    const hall = await openHall({ cohort: 5, ...hurry(state) });
    const clients = await joinAll(hall, 5, { 2: silentAt(message) });
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({
      outcome: 'committed',
      included,
      members,
      drops: [{ member: 2, reason: 'deadline-missed', effect }],
    });
    await until(() => clients.every((client) => client.end !== undefined));
    // Whoever is dropped is told so, and not that it were in.
    expect(clients[1]!.end).toMatchObject({ kind: 'abandoned', code: 'deadline-missed' });
    expect(clients[0]!.end).toMatchObject({ kind: 'committed', included: true });
  });

  it('a member that leaves is not waited for', async () => {
    const leave: Script = {
      send: (name, bytes, client) => (name === 'maskedInput' ? (client.close(), undefined) : bytes),
    };
    const hall = await openHall({ cohort: 5 });
    await joinAll(hall, 5, { 3: leave });
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({
      outcome: 'committed',
      included: 4,
      drops: [{ member: 3, state: 'masked-input', reason: 'member-left', effect: 'before-input' }],
    });
  });

  it('a member that is cut off and comes back within the grace period is in', async () => {
    const cut: Script = { send: (name, bytes, client) => (name === 'shareKeys' ? (client.cut(), bytes) : bytes) };
    const hall = await openHall({ cohort: 5 });
    const clients = await joinAll(hall, 5, { 3: cut });
    await until(() => hall.members.includes('away 3'));
    expect(hall.coordinator.tasks[0]!.state).toBe('share-keys');
    await clients[2]!.comeBack();
    // Its shares were lost with the connection: it sends them again.
    const { bytes } = clients[2]!.sent.find(({ name }) => name === 'shareKeys')!;
    expect(await clients[2]!.sendRaw(bytes)).toBeUndefined();
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 5, drops: [] });
  });

  it('a member that was away when its message came gets it when it is back', async () => {
    const hall = await openHall({ cohort: 5 });
    const cut: Script = {
      send: (name, bytes, client) => (name === 'advertiseKeys' ? (setTimeout(() => client.cut()), bytes) : bytes),
    };
    const held: Uint8Array[] = [];
    const hold: Script = { send: (name, bytes) => (name === 'advertiseKeys' ? (held.push(bytes), undefined) : bytes) };
    const clients = await joinAll(hall, 5, { 3: cut, 4: hold });
    await until(() => hall.members.includes('away 3') && held.length === 1);
    await clients[3]!.sendRaw(held[0]!);
    await until(() => hall.coordinator.tasks[0]!.state === 'share-keys');
    await clients[2]!.comeBack();
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 5, drops: [] });
  });

  it('a member that does not come back within the grace period is lost', async () => {
    const cut: Script = { send: (name, bytes, client) => (name === 'shareKeys' ? (client.cut(), undefined) : bytes) };
    const hall = await openHall({ cohort: 5 }, { config: { reconnectGraceMs: 30 } });
    await joinAll(hall, 5, { 3: cut });
    await hall.coordinator.finished;
    expect(hall.members.filter((what) => what.endsWith(' 3'))).toEqual(['joined 3', 'away 3', 'left 3']);
    expect(hall.reports[0]).toMatchObject({
      included: 4,
      drops: [{ member: 3, state: 'share-keys', reason: 'member-left', effect: 'before-input' }],
    });
  });
});

describe('bad members', () => {
  it.each<[string, Script, string]>([
    [
      'a masked input that is cut',
      { send: (name, bytes) => (name === 'maskedInput' ? bytes.subarray(0, bytes.length - 1) : bytes) },
      'wire-truncated',
    ],
    [
      'keys that another identity signed',
      {
        send: (name, bytes) => {
          if (name !== 'advertiseKeys') return bytes;
          const forged = bytes.slice();
          forged[forged.length - 1]! ^= 1;
          return forged;
        },
      },
      'identity-signature',
    ],
  ])('%s costs its sender its place, and nobody else anything', async (_, script, reason) => {
    const hall = await openHall({ cohort: 5 });
    const clients = await joinAll(hall, 5, { 2: script });
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 4, drops: [{ member: 2, reason }] });
    expect(clients[1]!.refusals).toContain(reason);
  });

  it('garbage, repeated and foreign messages change nothing', async () => {
    const hall = await openHall();
    const clients = await joinAll(hall, 3);
    const refusals: (string | undefined)[] = [];
    const noisy: Script = {
      send: (name, bytes, client) => {
        if (name !== 'shareKeys') return bytes;
        const foreign = bytes.slice();
        foreign[10]! ^= 1;
        const later = [Uint8Array.of(1, 9, 3), new Uint8Array(), foreign, clients[0]!.sent[0]!.bytes];
        void Promise.all(later.map((one) => client.sendRaw(one).then((code) => refusals.push(code)))).then(() =>
          client.sendRaw(bytes),
        );
        return undefined;
      },
    };
    await hall.join(4, noisy);
    await hall.coordinator.finished;
    expect(refusals.sort()).toEqual(['session-mismatch', 'wire-suite', 'wire-truncated', 'wrong-state']);
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 4, drops: [] });
    expect(hall.faults).toEqual([]);
  });
});

describe('a task', () => {
  it('waits for its quorum', async () => {
    const hall = await openHall();
    await joinAll(hall, 3);
    expect(hall.coordinator.tasks[0]).toMatchObject({ state: 'waiting', idle: 3, quorum: 4, round: 0 });
    await hall.join(4);
    await hall.coordinator.finished;
    expect(hall.coordinator.tasks[0]).toMatchObject({ state: 'finished', round: 1 });
  });

  it('invites only members that are available for it', async () => {
    const second = {
      name: 'other',
      model: { tensors: SHAPES },
      rounds: 1,
      cohort: 3,
      adversary: 'active',
      overSelect: 0,
      scales: 'fixed',
    };
    const toy = { ...second, name: 'toy' };
    const hall = await openHall({}, { config: { tasks: [toy, second] } });
    const offers = (member: number): Script => ({ tasks: [member % 2 === 1 ? 'other' : 'toy'] });
    const clients = await joinAll(
      hall,
      6,
      Object.fromEntries([1, 2, 3, 4, 5, 6].map((member) => [member, offers(member)])),
    );
    await hall.coordinator.finished;
    const tasks = clients.map((client) => client.settings.map(({ task }) => task));
    expect(tasks).toEqual([['other'], ['toy'], ['other'], ['toy'], ['other'], ['toy']]);
  });

  it('runs its rounds one after another, each from the model of the last', async () => {
    const hall = await openHall({ rounds: 3 });
    const clients = await joinAll(hall, 4);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ round }) => round)).toEqual([1, 2, 3]);
    const before = seededTensors(SHAPES, 1);
    hall.coordinator.model('toy')!.w!.forEach((value, j) => expect(value - before.w![j]!).toBeCloseTo(1.5, 2));
    const hashes = clients[0]!.settings.map(({ modelHash }) => Buffer.from(modelHash).toString('hex'));
    expect(hashes.slice(1)).toEqual(hall.reports.slice(0, 2).map(({ modelHash }) => modelHash));
    expect(new Set(clients[0]!.settings.map(({ nonce }) => nonce.join())).size).toBe(3);
  });

  it('over-selects, and tells late members that the cohort is full', async () => {
    // The second round waits for the first one's evaluation, so that six are there when it begins.
    let goOn = (): void => undefined;
    const evaluated = new Promise<void>((resolve) => (goOn = resolve));
    const evaluate = () => evaluated.then(() => ({ loss: 0, accuracy: 0, examples: 1 }));
    const hall = await openHall({ rounds: 2, overSelect: 0.5 }, { evaluate });
    await joinAll(hall, 4);
    await until(() => hall.coordinator.tasks[0]!.round === 1);
    const held: Uint8Array[] = [];
    const slow: Script = { send: (name, bytes) => (name === 'advertiseKeys' ? void held.push(bytes) : bytes) };
    const late = [await hall.join(5, slow), await hall.join(6, slow)];
    goOn();
    await hall.coordinator.finished;
    expect(hall.reports[1]).toMatchObject({
      outcome: 'committed',
      members: { invited: 6, advertised: 4, input: 4 },
      included: 4,
      drops: [],
    });
    for (const client of late) expect(client.end).toMatchObject({ kind: 'abandoned', code: 'cohort-full' });
  });

  it('retries an abandoned round under the same number', async () => {
    let tries = 0;
    const fails: Script = {
      send: (name, bytes) => (name === 'shareKeys' && tries++ < 2 ? undefined : bytes),
    };
    const hall = await openHall({ attempts: 3, ...hurry('shareKeys') });
    const clients = await joinAll(hall, 4, { 1: fails, 2: fails });
    await until(() => hall.reports.length === 1);
    expect(hall.reports[0]).toMatchObject({
      round: 1,
      attempt: 1,
      outcome: 'abandoned',
      code: 'below-threshold',
      included: 0,
    });
    await hall.coordinator.finished;
    expect(hall.reports[1]).toMatchObject({ round: 1, attempt: 2, outcome: 'committed', included: 4 });
    expect(clients[2]!.settings.map(({ round }) => round)).toEqual([1, 1]);
    expect(clients[2]!.events.filter(({ kind }) => kind === 'abandoned')).toMatchObject([{ code: 'below-threshold' }]);
  });

  it('fails with the round’s error after so many attempts', async () => {
    const hall = await openHall({ attempts: 2, ...hurry('shareKeys') });
    const fails: Script = { send: (name, bytes) => (name === 'shareKeys' ? undefined : bytes) };
    await joinAll(hall, 4, { 1: fails, 2: fails });
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('below-threshold');
    expect(error.message).toMatch(/^task "toy": round 1 was given up after 2 attempts: /);
    expect(hall.reports.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'abandoned'],
      [2, 'abandoned'],
    ]);
    expect(hall.coordinator.tasks[0]).toMatchObject({ state: 'failed', code: 'below-threshold', round: 0 });
  });

  it('fails if its quorum is not reached in time, if configured to', async () => {
    const hall = await openHall({ quorumTimeout: 0.05, afterQuorumTimeout: 'fail' });
    await hall.join(1);
    expect(await rejectionOf(hall.coordinator.finished)).toMatchObject({ code: 'not-enough-clients' });
  });

  it('has its new model evaluated, and survives an evaluation that fails', async () => {
    let calls = 0;
    const hall = await openHall(
      { rounds: 2 },
      {
        evaluate: (task, tensors) => {
          if (++calls === 2) return Promise.reject(new Error('out of memory'));
          return Promise.resolve({ loss: 0.5, accuracy: task.length, examples: tensors.w!.length });
        },
      },
    );
    await joinAll(hall, 4);
    await hall.coordinator.finished;
    expect(hall.reports[0]!.evaluation).toEqual({ loss: 0.5, accuracy: 3, examples: 4 });
    expect(hall.reports[1]).toMatchObject({ outcome: 'committed', round: 2 });
    expect(hall.reports[1]!.evaluation).toBeUndefined();
    expect(hall.faults).toMatchObject([{ code: 'internal', message: 'out of memory' }]);
  });

  it('abandons a round whose model cannot be stored, and the old model remains', async () => {
    class FullStore extends MemoryStore {
      #puts = 0;
      override putModel(bytes: Uint8Array): Promise<string> {
        return this.#puts++ === 1 ? Promise.reject(new Error('no space left')) : super.putModel(bytes);
      }
    }
    const hall = await openHall({ attempts: 2 }, { store: new FullStore() });
    const { modelHash } = hall.coordinator.tasks[0]!;
    const clients = await joinAll(hall, 4);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'abandoned', code: 'internal', modelHash });
    expect(hall.reports[1]).toMatchObject({ outcome: 'committed', attempt: 2 });
    const ends = (): string[] => clients[0]!.events.map(({ kind }) => kind).filter((kind) => kind !== 'state');
    await until(() => ends().includes('committed'));
    expect(ends()).toEqual(['input-wanted', 'abandoned', 'input-wanted', 'committed']);
  });
});

describe('stop and start', () => {
  it('a restarted coordinator continues at the next round with the same model', async () => {
    const folder = await temporaryFolder();
    const strategy = { name: 'fedavgm', momentum: 0.5 };
    const first = await openHall({ rounds: 1, strategy }, { store: await FileStore.open(folder) });
    await joinAll(first, 4);
    await first.coordinator.finished;
    await first.coordinator.stop();
    const { modelHash } = first.coordinator.tasks[0]!;

    const second = await openHall({ rounds: 2, strategy }, { store: await FileStore.open(folder) });
    expect(second.coordinator.tasks[0]).toMatchObject({ round: 1, modelHash });
    const clients = await joinAll(second, 4);
    await second.coordinator.finished;
    expect(clients[0]!.settings.map(({ round }) => round)).toEqual([2]);
    // v₁ = 0.5, v₂ = 0.75: the velocity of the first round has survived the restart.
    const before = seededTensors(SHAPES, 1);
    second.coordinator.model('toy')!.w!.forEach((value, j) => expect(value - before.w![j]!).toBeCloseTo(1.25, 2));
  });

  it('stopping in the middle of a round abandons it and tells its members', async () => {
    const hall = await openHall();
    const clients = await joinAll(hall, 4, { 1: silentAt('shareKeys') });
    await until(() => hall.coordinator.tasks[0]!.state === 'share-keys');
    await hall.coordinator.stop();
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ outcome: 'abandoned', code: 'round-abandoned' }]);
    await until(() => clients.every((client) => client.end !== undefined));
    expect(clients[0]!.end).toMatchObject({ kind: 'abandoned', code: 'round-abandoned' });
    expect(hall.coordinator.tasks[0]!.state).toBe('stopped');
    await hall.coordinator.stop();
  });
});

describe('two tasks over the same members', () => {
  it('never seat one member twice: the rounds come one after another, and all commit', async () => {
    const config = {
      tasks: ['a', 'b'].map((name) => ({
        name,
        model: { tensors: SHAPES, seed: 1 },
        rounds: 3,
        cohort: 3,
        overSelect: 0,
        clip: 10,
        maxExamples: 100,
        scales: 'fixed',
        retryPause: 0,
        attempts: 1,
      })),
    };
    const hall = await openHall({}, { config });
    await joinAll(hall, 3);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'committed'));
    expect(hall.reports.filter(({ task }) => task === 'a').map(({ round }) => round)).toEqual([1, 2, 3]);
  });
});
