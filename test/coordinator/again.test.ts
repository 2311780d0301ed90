import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileStore, MemoryStore, type RoundReport } from '../../coordinator/index.ts';
import type { PendingRecord, TaskRecord } from '../../coordinator/store/types.ts';
import { seededTensors } from '../../coordinator/rounds/seeded.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { messageName, openMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { closeAll, type Hall, openHall, SHAPES, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';
import type { Script, ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

/** A task in which little is waited for; a quorum of four, with others beside. */
const TASK = {
  attempts: 9,
  rebaseAfter: 3600,
  deadlines: { advertiseKeys: 0.4, unmasking: 0.4 },
};

const joinAll = (
  hall: Hall,
  members: readonly number[],
  script: (member: number) => Script = () => ({}),
): Promise<ScriptedClient[]> => Promise.all(members.map((member) => hall.join(member, script(member))));

/** Gives no shares in its first `times` rounds, so that they fail after all have signed. */
function silentAtFirst(times: number): Script {
  let left = times;
  return { send: (name, bytes) => (name === 'unmaskShares' && left-- > 0 ? undefined : bytes) };
}

const invited = (clients: readonly ScriptedClient[], attempt: number): number[] =>
  clients.filter(({ settings }) => settings.length > attempt).map(({ member }) => member);

const outcomes = (reports: readonly RoundReport[]): string[] => reports.map(({ outcome }) => outcome);

/** A store whose records of announced sets are kept when it is told to. */
class SlowStore extends MemoryStore {
  readonly asked: PendingRecord[] = [];
  keep: (() => void) | undefined;
  fail: (() => void) | undefined;
  override async saveTask(record: TaskRecord): Promise<void> {
    if (record.pending !== undefined && this.asked.length === 0) {
      this.asked.push(record.pending);
      await new Promise<void>((resolve, reject) => {
        this.keep = resolve;
        this.fail = () => reject(new Error('disk full'));
      });
    }
    await super.saveTask(record);
  }
}

const sawSurvivors = (clients: readonly ScriptedClient[], name = 'survivors'): boolean =>
  clients.some(({ received }) => received.some((bytes) => messageName(bytes) === name));

describe.each([
  ['active', 'survivors'],
  ['curious', 'unmaskRequest'],
])('in an %s round the set of survivors', (adversary, shown) => {
  it('is stored before any member sees it', async () => {
    const store = new SlowStore();
    const hall = await openHall({ ...TASK, adversary }, { store });
    const clients = await joinAll(hall, [1, 2, 3, 4]);
    await until(() => store.keep !== undefined);
    expect(store.asked).toMatchObject([{ repeat: 0, rebases: 0, sets: [{ members: [1, 2, 3, 4], spent: false }] }]);
    // What was sent before has arrived by the time a later request is answered over the same sockets.
    await Promise.all(clients.map((client) => client.sendRaw(encodeAbort(STRAY, { code: 'internal', message: '' }))));
    expect(sawSurvivors(clients, shown)).toBe(false);
    store.keep!();
    await hall.coordinator.finished;
    expect(sawSurvivors(clients, shown)).toBe(true);
    expect(outcomes(hall.reports)).toEqual(['committed']);
  });

  it('is seen by no member if it cannot be stored', async () => {
    const store = new SlowStore();
    const hall = await openHall({ ...TASK, adversary, attempts: 1 }, { store });
    const clients = await joinAll(hall, [1, 2, 3, 4]);
    await until(() => store.fail !== undefined);
    store.fail!();
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.message).toContain('disk full');
    await until(() => clients.every(({ end }) => end?.kind === 'abandoned'));
    expect(sawSurvivors(clients, shown)).toBe(false);
  });
});

/** Of no round that there is: what comes with it is refused, and changes nothing. */
const STRAY = { suite: 1, context: new Uint8Array(32).fill(9) } as const;

describe('a round that failed after its members signed', () => {
  it('is retried with exactly the same members and inputs, even if others are present', async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const hall = await openHall({ ...TASK, overSelect: 1 }, { begin: begun });
    const scripts = new Map(Array.from({ length: 9 }, (_, i) => [i + 1, silentAtFirst(1)]));
    const clients = await joinAll(hall, [...scripts.keys()], (member) => scripts.get(member)!);
    begin();
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    const [failed, repeated] = hall.reports;
    expect(failed).toMatchObject({ code: 'below-threshold', members: { input: 4 } });
    expect(repeated).toMatchObject({ included: 4, members: { invited: 4 } });
    expect(repeated).not.toHaveProperty('repeat');
    for (const { settings } of clients.filter((client) => client.settings.length === 2)) {
      expect(settings[1]).toMatchObject({ repeat: 0, rebases: 0, minCohort: 4, modelHash: settings[0]!.modelHash });
    }
    // The others were invited to the first attempt alone, in which the cohort was full.
    expect(invited(clients, 1)).toHaveLength(4);
  });

  it('is retried with all of them, and ends before anything is signed if one is missing', async () => {
    const hall = await openHall(TASK);
    let rounds = 0;
    // Member 4 oversleeps the second round.
    const late: Script = {
      send: (name, bytes) => {
        if (name === 'advertiseKeys') rounds++;
        if (name === 'advertiseKeys' && rounds === 2) return undefined;
        return name === 'unmaskShares' && rounds === 1 ? undefined : bytes;
      },
    };
    const scripts = new Map([1, 2, 3, 4].map((member) => [member, member === 4 ? late : silentAtFirst(1)]));
    const clients = await joinAll(hall, [1, 2, 3, 4], (member) => scripts.get(member)!);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'abandoned', 'committed']);
    expect(hall.reports[1]).toMatchObject({ code: 'below-threshold', members: { shared: 0, input: 0 } });
    expect(hall.reports[2]!.included).toBe(4);
    for (const { sent } of clients) expect(sent.filter(({ name }) => name === 'consistency')).toHaveLength(2);
  });

  it('is retried with a fresh cohort of others if one of them is gone', async () => {
    const hall = await openHall(TASK);
    const scripts = new Map([1, 2, 3, 4].map((member) => [member, silentAtFirst(1)]));
    const first = await joinAll(hall, [1, 2, 3, 4], (member) => scripts.get(member)!);
    await until(() => hall.states.some(({ state }) => state === 'unmasking'));
    first[3]!.close();
    const others = await joinAll(hall, [5, 6, 7, 8]);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    expect(invited(first, 1)).toEqual([]);
    expect(invited(others, 0)).toEqual([5, 6, 7, 8]);
  });

  it('waits for the missing member, across a restart, and reports for how many', async () => {
    const folder = await temporaryFolder();
    const hall = await openHall({ ...TASK, attempts: 1 }, { store: await FileStore.open(folder) });
    await joinAll(hall, [1, 2, 3, 4], () => silentAtFirst(1));
    await rejectionOf(hall.coordinator.finished);
    await hall.coordinator.stop();

    const second = await openHall(TASK, { store: await FileStore.open(folder) });
    const others = await joinAll(second, [1, 2, 3, 5]);
    await until(() => second.coordinator.tasks[0]!.missing === 1);
    expect(second.coordinator.tasks[0]).toMatchObject({ state: 'waiting', idle: 4, missing: 1 });
    const last = await second.join(4);
    await second.coordinator.finished;
    expect(invited([...others, last], 0)).toEqual([1, 2, 3, 4]);
    expect(second.coordinator.tasks[0]).not.toHaveProperty('missing');
    // With the next model nothing is pending.
    expect((await (await FileStore.open(folder)).loadTask('toy'))?.pending).toBeUndefined();
  });

  it('is in the store of a coordinator that is killed once the first member has seen its set', async () => {
    const folder = await temporaryFolder();
    const hall = await openHall(TASK, { store: await FileStore.open(folder) });
    let kept = '';
    // Read where a kill at once would leave it: before the member has answered.
    const script: Script = {
      send: (name, bytes) => {
        if (name === 'consistency' && kept === '') kept = readFileSync(join(folder, 'tasks', 'toy.json'), 'utf8');
        return bytes;
      },
    };
    await joinAll(hall, [1, 2, 3, 4], () => script);
    await hall.coordinator.finished;
    const { round, pending } = JSON.parse(kept) as TaskRecord;
    expect(round).toBe(0);
    expect(pending?.sets.map(({ members }) => members)).toEqual([[1, 2, 3, 4]]);
  });
});

describe('a model whose set cannot be reassembled', () => {
  /** A coordinator whose members 1 … 4 have signed a set, that cannot be repeated: member 4 is gone, member 5 came. */
  async function withoutFour(change: object): Promise<{ readonly hall: Hall; readonly clients: ScriptedClient[] }> {
    const hall = await openHall({ ...TASK, ...change });
    const scripts = new Map([1, 2, 3, 4].map((member) => [member, silentAtFirst(1)]));
    const clients = await joinAll(hall, [1, 2, 3, 4], (member) => scripts.get(member)!);
    await until(() => hall.states.some(({ state }) => state === 'unmasking'));
    clients[3]!.close();
    return { hall, clients: [...clients, await hall.join(5)] };
  }

  it('is moved by a small step after the wait for them, and trained by others', async () => {
    const { hall, clients } = await withoutFour({ rebaseAfter: 0.3 });
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    expect(hall.reports[0]).not.toHaveProperty('rebases');
    expect(hall.reports[1]).toMatchObject({ rebases: 1, included: 4 });
    expect(invited(clients, 1)).toEqual([1, 2, 3]);
    const [before, after] = clients[0]!.settings;
    expect(after).toMatchObject({ rebases: 1, repeat: 0, round: 1 });
    expect(toHex(after!.modelHash)).not.toBe(toHex(before!.modelHash));
    // Each value is a small step beside where training would have brought it from the first one.
    const { w } = seededTensors(SHAPES, 1);
    hall.coordinator.model('toy')!.w!.forEach((value, j) => {
      expect(value - w![j]!).not.toBeCloseTo(0.5, 5);
      expect(value - w![j]!).toBeCloseTo(0.5, 2);
    });
    expect(hall.lines.some((line) => line.includes('"model-rebased"') && line.includes('"missing":"4"'))).toBe(true);
    const metrics = await (await fetch(`${hall.coordinator.url}/metrics`)).text();
    expect(metrics).toContain('cairn_model_rebases_total{task="toy"} 1');
  });

  it('is moved as often as allowed, and then the task ends and names the missing members', async () => {
    const { hall } = await withoutFour({ rebaseAfter: 0.3, maxRebases: 0 });
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error).toMatchObject({ code: 'rebases-spent', culprits: [4] });
    expect(error.message).toContain('moved 0 times since the last round; missing from sets of members: member-4 (4)');
    expect(hall.coordinator.tasks[0]).toMatchObject({ state: 'failed', code: 'rebases-spent' });
  });

  it('is moved after some attempts with all of them that failed', async () => {
    // No more than three may fail in a row from one model, and from the moved one they are counted anew.
    const hall = await openHall({ ...TASK, rebaseAttempts: 2, attempts: 4 });
    const scripts = new Map([1, 2, 3, 4].map((member) => [member, silentAtFirst(5)]));
    const clients = await joinAll(hall, [1, 2, 3, 4], (member) => scripts.get(member)!);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual([...Array<string>(5).fill('abandoned'), 'committed']);
    expect(clients[0]!.settings.map(({ rebases }) => rebases)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(hall.reports.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    // A round that commits begins the count anew.
    expect(hall.coordinator.tasks[0]).not.toHaveProperty('rebases');
  });
});

describe('a member that refuses', () => {
  /** Leaves its first round over the roster, for this reason. */
  function refusing(code: ErrorCode): Script {
    let rounds = 0;
    let context = STRAY.context;
    return {
      send: (name, bytes) => {
        if (name === 'advertiseKeys') context = openMessage(name, bytes).header.context.slice();
        if (name !== 'shareKeys' || rounds++ > 0) return bytes;
        return encodeAbort({ suite: 1, context }, { code, message: 'no' });
      },
    };
  }

  it('a fresh cohort because of the set that it holds is left out until the next model', async () => {
    const hall = await openHall({ ...TASK, minCohort: 4 });
    const clients = await joinAll(hall, [1, 2, 3, 4], (member) => (member === 4 ? refusing('cohort-too-similar') : {}));
    await until(() => hall.reports.length === 1);
    // Without it there is no quorum, with it there is: another model is needed, and nobody is missing.
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    expect(clients[3]!.settings.map(({ rebases }) => rebases)).toEqual([0, 1]);
  });

  it('a moved model is waited for, and then the task ends and names the member', async () => {
    const hall = await openHall({ ...TASK, minCohort: 4, rebaseAfter: 0.3 });
    await joinAll(hall, [1, 2, 3, 4], (member) => (member === 4 ? refusing('rebase-refused') : {}));
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error).toMatchObject({ code: 'rebases-spent', culprits: [4] });
    expect(error.message).toContain(
      'moved 0 times since the last round; these members refuse a moved model: member-4 (4)',
    );
    expect(outcomes(hall.reports)).toEqual(['abandoned']);
  });

  it('a moved model does not count for the quorum', async () => {
    const hall = await openHall({ ...TASK, minCohort: 4, quorumTimeout: 0.5, afterQuorumTimeout: 'fail' });
    const clients = await joinAll(hall, [1, 2, 3, 4], (member) => (member === 4 ? refusing('rebase-refused') : {}));
    await until(() => hall.reports.length === 1);
    clients[0]!.close();
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('not-enough-clients');
    expect(error.message).toContain('; 1 that refuse a moved model are not counted');
    expect(error.message).toContain(': 2 clients are present');
  });

  it('a fresh cohort is replaced if there are others', async () => {
    const hall = await openHall({ ...TASK, minCohort: 4, maxRebases: 0 });
    const four = await joinAll(hall, [1, 2, 3, 4], (member) => (member === 4 ? refusing('cohort-too-similar') : {}));
    const clients = [...four, await hall.join(5)];
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    expect(invited(clients, 1).concat(invited([clients[4]!], 0))).toEqual([1, 2, 3, 5]);
  });
});

describe('a cohort that was split into groups', () => {
  it('is asked for again group by group', async () => {
    const hall = await openHall({ ...TASK, cohort: 12, groups: { count: 4, rule: 'median' } });
    const scripts = new Map(Array.from({ length: 12 }, (_, i) => [i + 1, silentAtFirst(1)]));
    const clients = await joinAll(hall, [...scripts.keys()], (member) => scripts.get(member)!);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['abandoned', 'committed']);
    const groupsIn = (attempt: number): string[] => {
      const byNonce = new Map<string, number[]>();
      for (const { settings, member } of clients) {
        const nonce = toHex(settings[attempt]!.nonce);
        byNonce.set(nonce, [...(byNonce.get(nonce) ?? []), member]);
      }
      return [...byNonce.values()].map((members) => members.join()).sort();
    };
    expect(groupsIn(0)).toHaveLength(4);
    expect(groupsIn(1)).toEqual(groupsIn(0));
  });
});

describe('a model that is worse, trained by the same members again and again', () => {
  const CHECK = { validation: { metric: 'loss', tolerance: 0 }, maxRepeats: 1 };

  /** Likes no new model until `after` have been looked at. */
  const dislikes = (after: number) => {
    let looked = 0;
    return () => Promise.resolve({ loss: looked++ === 0 || looked > after + 1 ? 1 : 2, accuracy: 0, examples: 1 });
  };

  const asked = ({ settings }: ScriptedClient): number[][] => settings.map(({ repeat, rebases }) => [repeat, rebases]);

  it('is left to others if there are any', async () => {
    const hall = await openHall({ ...TASK, ...CHECK }, { evaluate: dislikes(2) });
    const first = await joinAll(hall, [1, 2, 3, 4]);
    const others = await joinAll(hall, [5, 6, 7, 8]);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['rolled-back', 'rolled-back', 'committed']);
    expect(hall.reports.map(({ repeat }) => repeat)).toEqual([undefined, 1, 1]);
    for (const client of first) {
      expect(asked(client)).toEqual([
        [0, 0],
        [1, 0],
      ]);
    }
    expect(invited(others, 0)).toEqual([5, 6, 7, 8]);
  });

  it('is moved if there are none', async () => {
    const hall = await openHall({ ...TASK, ...CHECK }, { evaluate: dislikes(2) });
    const clients = await joinAll(hall, [1, 2, 3, 4]);
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['rolled-back', 'rolled-back', 'committed']);
    for (const client of clients) {
      expect(asked(client)).toEqual([
        [0, 0],
        [1, 0],
        [0, 1],
      ]);
    }
  });
});

describe('a first model without a seed', () => {
  it('differs from task to task, and is the same after a restart', async () => {
    const folder = await temporaryFolder();
    const model = { tensors: SHAPES };
    const one = await openHall({ model }, { store: await FileStore.open(folder) });
    const other = await openHall({ model });
    await one.coordinator.stop();
    const again = await openHall({ model }, { store: await FileStore.open(folder) });
    const hashes = [one, other, again].map(({ coordinator }) => coordinator.tasks[0]!.modelHash);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(hashes[2]).toBe(hashes[0]);
  });
});

describe('a round that commits and leaves the model unchanged', () => {
  it('frees no member: those in its sum have signed for these very values, and are asked again', async () => {
    const hall = await openHall({ ...TASK, cohort: 4, quorum: 4, overSelect: 0, rounds: 4 });
    const clients = await joinAll(hall, [1, 2, 3, 4, 5, 6, 7, 8], () => ({ update: 0 }));
    await hall.coordinator.finished;
    expect(outcomes(hall.reports)).toEqual(['committed', 'committed', 'committed', 'committed']);
    expect(clients.map(({ settings }) => settings.length).sort()).toEqual([0, 0, 0, 0, 4, 4, 4, 4]);
    expect(new Set(hall.reports.map(({ modelHash }) => modelHash)).size).toBe(1);
  });
});
