import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consent, type ModelRound } from '../../client/consent/consent.ts';
import { acceptLostMemory, consentInFile, consentPath } from '../../client/consent/file.ts';
import { type ConsentMemory, consentInMemory } from '../../client/consent/memory.ts';
import { idsFromRanges, rangesText } from '../../client/consent/ranges.ts';
import { note } from '../../client/driver/consent.ts';
import { NO_RECORD } from '../../client/consent/record.ts';
import { readIdentity, writeIdentity } from '../../client/enrolment/node.ts';
import type { ClientPolicy, SignedSession } from '../../protocol/schemes/secagg/client/index.ts';
import { identityFrom } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { NO_HASH, type RoundPrivacy, type RoundSettings } from '../../protocol/wire/settings.ts';
import { settingsFor } from './support/rounds.ts';

const HOUR = 3_600_000;
const START = 1_800_000_000_000;
const LAX: ClientPolicy = { adversary: 'curious', colluding: 0, minCohort: 2, maxRebases: 2, maxRepeats: 2 };
const settings = settingsFor(NO_HASH, { task: 'digits' });
const MODEL = hex(1);

/** 64 digits. */
function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').repeat(32);
}

/** A round from a model, told apart by a number. */
const round = (model = 1, changes: Partial<RoundSettings> = {}): ModelRound => ({
  settings: { ...settings, ...changes },
  point: hex(model),
});

const INPUT = hex(0xaa);
const SESSION = hex(0xee);
const session = (ids: readonly number[], hash = 0xcc): SignedSession => ({
  ...{ settingsHash: hex(hash), root: hex(0xdd), ids, graph: 'complete' },
  ...{ degree: ids.length - 1, threshold: 2 },
});

const sent = (ids: readonly number[] = [1, 2, 3], input = INPUT, counted = false) => ({
  ...{ input, counted },
  ...{ sessionId: SESSION, session: session(ids) },
});

/** A round of which every input is asked for, as coordinators repeat one. */
const asking = ({ settings: from, point }: ModelRound, { length: minCohort } = [1, 2, 3] as readonly number[]) => ({
  ...{ settings: { ...from, minCohort }, point },
});

/** A client's memory with a clock of its own. */
function consentOf(memory: ConsentMemory = consentInMemory()) {
  const clock = { now: START };
  const consent = new Consent(memory, () => clock.now);
  return {
    ...{ clock, memory, consent },
    send: async (from = round(), ids?: readonly number[], input?: string, policy = LAX) => {
      await consent.sharing(asking(from, ids), sent(ids, input), policy);
      await consent.sending(asking(from, ids), sent(ids, input), policy);
    },
    sign: async (members: readonly number[], from = round(), policy = LAX) => {
      await consent.sharing(asking(from, members), sent(members), policy);
      await consent.signing(from, { members, session: session(members), sessionId: SESSION }, policy);
    },
  };
}

/** A file of a memory, as far as tests damage it. */
interface FileOfRounds {
  readonly models: { readonly point: string; readonly inputs: { readonly input: string }[] }[];
  readonly opened: { readonly members: string }[];
  readonly rebased: { readonly at: number; readonly point: string }[];
}

/** The text of such a file with something else in it. */
function changed(text: string, change: (file: FileOfRounds) => void): string {
  const file = JSON.parse(text) as FileOfRounds;
  change(file);
  return JSON.stringify(file);
}

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('rounds of a day', () => {
  it('count for 24 hours from the beginning of the training', async () => {
    const { clock, consent } = consentOf();
    const count = async (): Promise<number> => (await consent.history()).roundsWithinDay;
    expect(await count()).toBe(0);
    await consent.training(round(), LAX);
    clock.now += 12 * HOUR;
    await consent.training(round(2), LAX);
    expect(await count()).toBe(2);
    clock.now = START + 24 * HOUR - 1;
    expect(await count()).toBe(2);
    clock.now++;
    expect(await count()).toBe(1);
    clock.now += 12 * HOUR;
    expect(await count()).toBe(0);
  });

  it('count once each: a round that trained is no further one when it sends, a kept update is', async () => {
    const { consent } = consentOf();
    await consent.training(round(), LAX);
    await consent.sharing(round(), sent([1, 2]), LAX);
    await consent.sending(round(), sent([1, 2], INPUT, true), LAX);
    expect((await consent.history()).roundsWithinDay).toBe(1);
    await consent.sending(round(), sent([1, 2], INPUT, false), LAX);
    expect((await consent.history()).roundsWithinDay).toBe(2);
  });

  it('count by a scheme without a roster too, whose input is charged and remembered like any other', async () => {
    const { consent } = consentOf();
    const privacy: RoundPrivacy = {
      ...{ placement: 'central', distribution: 'skellam', noiseMultiplier: 1, minHonestSurvivors: 2 },
      ...{ bitWidth: 0, sampling: 1, epsilon: 100, delta: 1e-5, spent: 0 },
    };
    const from = round(1, { privacy });
    const send = [{ name: 'maskedInput', bytes: new Uint8Array() }] as const;
    const noted = (record: string) =>
      note(
        { context: { consent, policy: LAX }, from },
        { session: undefined, send, events: [] },
        { record, counted: false },
      );
    await noted(INPUT);
    const { roundsWithinDay, record } = await consent.history(from.point);
    expect(roundsWithinDay).toBe(1);
    expect(record?.inputs.map(({ input }) => input)).toEqual([INPUT]);
    expect((await consent.quote(from.settings, 1e-5)).before.inside).toBe(Infinity);
    await expect(noted(hex(0xab))).rejects.toThrow(refused('input-changed'));
  });

  it('end with the second training under a limit of 2, of 40 that are asked for and never sent', async () => {
    const { consent } = consentOf();
    const policy = { ...LAX, maxRoundsPerDay: 2 };
    const trained = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => consent.training(round(i), policy)));
    expect(trained.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    // What has trained may still send.
    await consent.sharing(round(0), sent([1, 2]), policy);
    await consent.sending(round(0), sent([1, 2], INPUT, true), policy);
    await expect(consent.sending(round(1), sent([1, 2], INPUT, false), policy)).rejects.toThrow(
      refused('policy-rounds-per-day'),
    );
  });

  it('of all tasks count together', async () => {
    const { consent } = consentOf();
    await consent.training(round(), LAX);
    await consent.training(round(2, { task: 'other' }), LAX);
    expect((await consent.history()).roundsWithinDay).toBe(2);
  });

  it('count on when the clock is set back', async () => {
    const { clock, consent } = consentOf();
    await consent.training(round(), LAX);
    clock.now -= 48 * HOUR;
    expect((await consent.history()).roundsWithinDay).toBe(1);
  });

  it('are forgotten when they are a day old', async () => {
    const { clock, consent, memory } = consentOf();
    for (let hour = 0; hour < 48; hour++) {
      clock.now = START + hour * HOUR;
      await consent.training(round(), LAX);
    }
    expect((await memory.read()).rounds).toHaveLength(24);
  });
});

describe('from one model', () => {
  it('one input is sent for each repeat, as often as it is asked for', async () => {
    const { send } = consentOf();
    await send();
    await send(round(1, { task: 'other', round: 7, modelHash: new Uint8Array(32).fill(9) }), [1, 5]);
    await expect(send(round(), [1, 2, 3], hex(0xab))).rejects.toThrow(refused('input-changed'));
    await send(round(1, { repeat: 1 }), [1, 2, 3], hex(0xab));
    await expect(send(round(1, { repeat: 1 }))).rejects.toThrow(refused('input-changed'));
    await send(round(2), [1, 2, 3], hex(0xac));
  });

  it.each<[string, Partial<RoundSettings>]>([
    ['another clip', { clip: settings.clip / 2 }],
    ['another cap on examples', { maxExamples: 7 }],
    ['another bound of the loss', { lossBound: 1 }],
    ['coarser inputs', { inputBits: 12 }],
    ['other options of training', { training: '{"batchSize":32}' }],
  ])('nothing is sent on other terms: %s, for the same repeat or the next', async (_, change) => {
    const { send } = consentOf();
    await send();
    await expect(send(round(1, change))).rejects.toThrow(refused('input-changed'));
    await expect(send(round(1, { ...change, repeat: 1 }), [1, 2, 3], hex(0xab))).rejects.toThrow(
      refused('input-changed'),
    );
  });

  it('repeats go up to what the policy allows, and never down', async () => {
    const { send } = consentOf();
    await send(round(1, { repeat: 1 }));
    await expect(send(round(1, { repeat: 0 }))).rejects.toThrow(refused('repeat-refused'));
    await send(round(1, { repeat: 2 }), [1, 2], hex(2));
    await expect(send(round(1, { repeat: 3 }), [1, 2], hex(3))).rejects.toThrow(refused('repeat-refused'));
    await send(round(1, { repeat: 3 }), [1, 2], hex(3), { ...LAX, maxRepeats: 3 });
    const without = { adversary: 'curious', colluding: 0, minCohort: 2 } as const;
    await expect(send(round(2, { repeat: 3 }), [1, 2], hex(3), without)).rejects.toThrow(refused('repeat-refused'));
  });

  it('one set is signed, over all repeats, and no input is sent to another cohort after that', async () => {
    const { send, sign } = consentOf();
    await send(round(), [1, 2, 3, 4]);
    await sign([1, 2, 3]);
    await sign([1, 2, 3]);
    for (const ids of [[1, 2], [1, 2, 3, 4], [1, 2, 4], [1], []]) {
      await expect(send(round(), ids)).rejects.toThrow(refused('cohort-too-similar'));
      await expect(sign(ids)).rejects.toThrow(refused('cohort-too-similar'));
      await expect(sign(ids, round(1, { repeat: 1 }))).rejects.toThrow(refused('cohort-too-similar'));
    }
    await send(round(), [1, 2, 3]);
    await send(round(1, { repeat: 1 }), [1, 2, 3], hex(0xab));
    await sign([1, 2, 3], round(1, { repeat: 1 }));
    await send(round(2), [1, 2]);
    await sign([1, 2], round(2));
  });

  it('after a set was signed an input is sent only where the settings ask for all of it', async () => {
    const { consent, sign } = consentOf();
    await sign([1, 2, 3, 4]);
    const lax = round(1, { minCohort: 3 });
    await expect(consent.sharing(lax, sent([1, 2, 3, 4]), LAX)).rejects.toThrow(refused('cohort-too-similar'));
    await expect(consent.sending(lax, sent([1, 2, 3, 4]), LAX)).rejects.toThrow(refused('cohort-too-similar'));
    await consent.sending(round(1, { minCohort: 4 }), sent([1, 2, 3, 4]), LAX);
  });

  it('a session gets no input and no signature once keys were shared in a later one', async () => {
    const { consent, memory } = consentOf();
    const ids = [1, 2, 3];
    const other = { ...sent(ids), sessionId: hex(0xef) };
    await consent.sharing(round(), sent(ids), LAX);
    await consent.sending(round(), sent(ids), LAX);
    // Another process of the same identity.
    await new Consent(memory, () => START).sharing(round(), other, LAX);
    const signing = { members: ids, session: session(ids), sessionId: SESSION };
    await expect(consent.sending(round(), sent(ids), LAX)).rejects.toThrow(refused('round-superseded'));
    await expect(consent.signing(round(), signing, LAX)).rejects.toThrow(refused('round-superseded'));
    await consent.sending(round(), other, LAX);
    await consent.signing(round(), { ...signing, sessionId: other.sessionId }, LAX);
  });

  it('members that were proven to have dealt falsely may be missing from it, and nobody else', async () => {
    const { consent, send, sign } = consentOf();
    await send(round(), [1, 2, 3, 4, 5]);
    await sign([1, 2, 3, 4, 5]);
    for (const member of [4, 9, 4, 5]) await consent.proven(round(), member);
    expect((await consent.history(MODEL)).record?.signed?.proven).toEqual([4, 5]);
    for (const ids of [
      [1, 2, 3, 5],
      [1, 2, 3, 4],
      [1, 2, 3],
      [1, 2, 3, 4, 5],
    ]) {
      await send(round(), ids);
      await sign(ids);
    }
    for (const ids of [
      [1, 2, 4, 5],
      [1, 2],
      [1, 2, 3, 4, 5, 9],
      [2, 3, 4, 5],
    ])
      await expect(send(round(), ids)).rejects.toThrow(refused('cohort-too-similar'));
  });

  it('a session that an input was sent to is remembered with the set once that is signed, and not before', async () => {
    const { consent, send, sign } = consentOf();
    const sessions = async () => (await consent.history(MODEL)).record?.signed?.sessions;
    await send();
    expect(await sessions()).toBeUndefined();
    await sign([1, 2, 3]);
    const later = { ...sent(), session: session([1, 2, 3], 0xcd) };
    await consent.sending(asking(round()), later, LAX);
    expect(await sessions()).toEqual([session([1, 2, 3]), later.session]);
    // It signs there after all: that is one session still.
    const signing = { members: [1, 2, 3], session: later.session, sessionId: SESSION };
    await consent.signing(asking(round()), signing, LAX);
    expect(await sessions()).toEqual([session([1, 2, 3]), later.session]);
    // A session that asks for less, or is of others, is none of them.
    for (const ids of [
      [1, 2, 3, 4],
      [1, 2],
    ])
      await expect(consent.sending(asking(round()), sent(ids), LAX)).rejects.toThrow(refused('cohort-too-similar'));
    await expect(consent.sending(round(), sent(), LAX)).rejects.toThrow(refused('cohort-too-similar'));
    expect(await sessions()).toHaveLength(2);
  });

  it('the sessions of the set are remembered, the newest four', async () => {
    const { consent, send } = consentOf();
    await send(round(), [1, 2]);
    for (const hash of [1, 2, 3, 4, 5, 3])
      await consent.signing(round(), { members: [1, 2], session: session([1, 2], hash), sessionId: SESSION }, LAX);
    const { signed } = (await consent.history(MODEL)).record!;
    expect(signed?.sessions.map(({ settingsHash }) => settingsHash)).toEqual([2, 4, 5, 3].map(hex));
  });

  it('a client that relies on its members’ noise sends and signs what it is asked for, and every sending is charged', async () => {
    const { consent, send, sign } = consentOf();
    const privacy: RoundPrivacy = {
      placement: 'distributed',
      distribution: 'skellam',
      ...{ noiseMultiplier: 1, minHonestSurvivors: 2, bitWidth: 0 },
      ...{ sampling: 1, epsilon: 5, delta: 1e-5, spent: 0 },
    };
    const noisy = round(1, { privacy });
    const policy = { ...LAX, minNoise: { multiplier: 1 } };
    for (const [i, ids] of [
      [1, 2, 3],
      [1, 2],
      [1, 3],
    ].entries()) {
      await send(noisy, ids, hex(i), policy);
      await sign(ids, noisy, policy);
    }
    const { after } = await consent.quote(noisy.settings, 1e-5);
    expect(after.rounds).toBe(4);
    expect((await consent.history(MODEL)).record).toBeUndefined();
    // One that has not said so does not rely on it.
    await send(noisy, [1, 2, 3], hex(1));
    await expect(send(noisy, [1, 2, 3], hex(2))).rejects.toThrow(refused('input-changed'));
  });
});

describe('models that a rebase gave', () => {
  const moved = (model: number) => round(model, { rebases: 1 });

  it('count once each for 24 hours, as an input is sent from them, and are bounded by the policy', async () => {
    const { clock, consent, send } = consentOf();
    await consent.training(moved(9), LAX);
    await send(moved(1));
    await send(moved(1));
    await send(moved(2), [1, 2], hex(2));
    await expect(send(moved(3))).rejects.toThrow(refused('rebase-refused'));
    await expect(consent.training(moved(3), LAX)).rejects.toThrow(refused('rebase-refused'));
    await send(moved(2), [1, 2], hex(2));
    expect((await consent.history(hex(3))).rebasesWithinDay).toBe(2);
    expect((await consent.history(hex(2))).rebasesWithinDay).toBe(1);
    await send(round(4), [1, 2], hex(4));
    clock.now += 24 * HOUR;
    await send(moved(3), [1, 2], hex(3));
  });

  it.each([
    [0, 0],
    [1, 1],
    [undefined, 2],
  ])('of a policy that says %s are %i', async (maxRebases, allowed) => {
    const { send } = consentOf();
    const policy: ClientPolicy = {
      adversary: 'curious',
      ...{ colluding: 0, minCohort: 2 },
      ...(maxRebases === undefined ? {} : { maxRebases }),
    };
    const results = await Promise.allSettled([1, 2, 3, 4].map((i) => send(moved(i), [1, 2], hex(i), policy)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(allowed);
  });
});

describe('models', () => {
  it('beyond 64 are closed: no input is sent from them any more, nor a set signed', async () => {
    const { consent, memory, send, sign } = consentOf();
    for (let i = 1; i <= 66; i++) await send(round(i), [1, 2], hex(i));
    const { models, closed } = await memory.read();
    expect(models).toHaveLength(64);
    expect(closed).toEqual([hex(1).slice(0, 32), hex(2).slice(0, 32)]);
    for (const model of [1, 2]) {
      expect((await consent.history(hex(model))).record?.closed).toBe(true);
      await expect(send(round(model), [1, 2], hex(model))).rejects.toThrow(refused('input-changed'));
      await expect(sign([1, 2], round(model))).rejects.toThrow(refused('input-changed'));
    }
    await send(round(3), [1, 2], hex(3));
    // What was used last is closed last.
    await send(round(67), [1, 2], hex(67));
    expect((await consent.history(hex(3))).record?.closed).toBeUndefined();
    expect((await consent.history(hex(4))).record?.closed).toBe(true);
  });

  it('of very many members are closed earlier, but for the newest', async () => {
    const { memory, send, sign } = consentOf();
    const many = Array.from({ length: 300_000 }, (_, i) => i);
    for (const model of [1, 2, 3]) {
      await send(round(model), many, hex(model));
      await sign(many, round(model));
    }
    const { models, closed } = await memory.read();
    expect(models.map(({ point }) => point)).toEqual([hex(3)]);
    expect(closed).toHaveLength(2);
  });

  it('are closed up to 65 536, the oldest forgotten first', async () => {
    const { memory, send } = consentOf();
    const closed = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(32, '0'));
    await memory.change((record) => ({ ...record, closed }));
    for (let i = 1; i <= 65; i++) await send(round(i), [1, 2], hex(i));
    const after = (await memory.read()).closed;
    expect(after).toHaveLength(65_536);
    expect(after[0]).toBe(closed[1]);
    expect(after.at(-1)).toBe(hex(1).slice(0, 32));
  });
});

describe('sums that were signed', () => {
  it('are all that a set is held against where the policy asks for a difference, whatever their tasks', async () => {
    const { sign } = consentOf();
    const policy = { ...LAX, minCohortDifference: 2 };
    await sign([1, 2, 3, 4], round(1), policy);
    const other = round(2, { task: 'other' });
    await expect(sign([1, 2, 3], other, policy)).rejects.toThrow(refused('cohort-too-similar'));
    await sign([1, 2, 5, 6], other, policy);
    await sign([1, 2, 3, 4], round(3, { task: 'third' }), policy);
    // The same members on other terms.
    const clipped = round(4, { clip: 1 });
    await expect(sign([1, 2, 3, 4], clipped, policy)).rejects.toThrow(refused('cohort-too-similar'));
    await sign([1, 2, 3], round(5), LAX);
  });

  it('leave a set from the same model without a proven liar alone, and every other one not', async () => {
    const { consent, sign } = consentOf();
    const policy = { ...LAX, minCohortDifference: 2 };
    const all = [1, 2, 3, 4, 5];
    await sign(all, round(1), policy);
    const without = all.slice(0, 4);
    const similar = refused('cohort-too-similar');
    await expect(sign(without, round(1), policy)).rejects.toThrow(similar);
    await consent.proven(round(1), 5);
    await sign(without, round(1), policy);
    // A second one too: neither the first set nor the second counts.
    await consent.proven(round(1), 4);
    await sign([1, 2, 3], round(1), policy);
    // From another model, where nothing was proven, one member less is refused, also behind a set that was signed there.
    await expect(sign([1, 2], round(2), policy)).rejects.toThrow(similar);
    await expect(sign([1, 2, 3, 4, 5, 6], round(2), policy)).rejects.toThrow(similar);
  });

  it('on other terms count against a set without a proven liar', async () => {
    const { consent, sign } = consentOf();
    const policy = { ...LAX, minCohortDifference: 2 };
    await sign([1, 2, 3, 4], round(1), LAX);
    const clipped = round(2, { clip: 1 });
    await sign([1, 2, 3, 4], clipped, LAX);
    await consent.proven(clipped, 4);
    await expect(sign([1, 2, 3], clipped, policy)).rejects.toThrow(refused('cohort-too-similar'));
  });

  it('are kept once each', async () => {
    const { consent, sign } = consentOf();
    for (const [i, members] of [
      [1, 2],
      [1, 3],
      [1, 2],
      [1, 2, 3],
    ].entries())
      await sign(members, round(i));
    expect((await consent.history()).opened.map(({ members }) => members)).toEqual([
      [1, 3],
      [1, 2],
      [1, 2, 3],
    ]);
  });

  it('are forgotten, the oldest first, beyond 1024 of a task, and no task makes another’s be forgotten', async () => {
    const { consent, sign } = consentOf();
    await sign([7], round(1, { task: 'other' }));
    for (let i = 0; i < 1030; i++)
      await sign([i, i + 1], { ...round(), point: i.toString(16).padStart(32, '0').padEnd(64, '0') });
    const { opened } = await consent.history();
    expect(opened).toHaveLength(1025);
    expect(opened[1]!.members).toEqual([6, 7]);
  });

  it('of very many members are forgotten earlier, but for the newest', async () => {
    const { consent, sign } = consentOf();
    const many = Array.from({ length: 700_000 }, (_, i) => i);
    await sign([1, 2], round(1));
    await sign(many, round(2));
    await sign(many.slice(1), round(3));
    const sizes = (await consent.history()).opened.map(({ members }) => members.length);
    expect(sizes).toEqual([many.length - 1]);
  });
});

describe('a memory', () => {
  it('takes one change after the other, however they come', async () => {
    const { consent, sign } = consentOf();
    const signed = await Promise.allSettled([1, 2, 3, 4, 5].map((id) => sign([id, 9])));
    expect(signed.map(({ status }) => status)).toEqual(['fulfilled', ...Array<string>(4).fill('rejected')]);
    expect((await consent.history(MODEL)).record?.signed?.members).toEqual([1, 9]);
  });

  it('that fails says so, and does not keep later changes from being taken', async () => {
    const inner = consentInMemory();
    let failing = true;
    const { consent, send } = consentOf({
      read: () => inner.read(),
      change: (edit) => (failing ? Promise.reject(new Error('disk full')) : inner.change(edit)),
    });
    await expect(send()).rejects.toThrow('disk full');
    failing = false;
    await send();
    expect((await consent.history()).roundsWithinDay).toBe(1);
  });
});

describe('a memory in a file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-consent-'));
    path = consentPath(join(folder, 'me.json'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('outlives the client', async () => {
    const first = consentOf(consentInFile(path));
    const members = [1, 2, 3, 9, 0xffff_ffff];
    await first.send(round(1, { rebases: 1 }), members);
    await first.sign(members);
    await first.consent.proven(round(), 9);
    for (let i = 2; i < 67; i++) await first.send(round(i), members, hex(i));
    const second = consentOf(consentInFile(path));
    expect(await second.memory.read()).toEqual(await first.memory.read());
    await expect(second.send(round(1), members)).rejects.toThrow(refused('input-changed'));
    expect((await second.memory.read()).closed).toHaveLength(2);
    expect((await second.consent.history(hex(70))).rebasesWithinDay).toBe(1);
  });

  it('has one input and one set for all clients that use it at the same time', async () => {
    const clients = [1, 2, 3].map(() => consentOf(consentInFile(path)));
    const sending = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => clients[i % 3]!.send(round(), [1, 2], hex(i))),
    );
    expect(sending.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const signing = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => clients[i % 3]!.sign([1, i + 2])));
    expect(signing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
  });

  it('keeps the limits of a day for all clients that use it together', async () => {
    const clients = [1, 2, 3].map(() => consentOf(consentInFile(path)).consent);
    const policy = { ...LAX, maxRoundsPerDay: 5 };
    const trained = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => clients[i % 3]!.training(round(), policy)),
    );
    expect(trained.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const { reason } of trained.filter((result) => result.status === 'rejected'))
      expect(reason).toMatchObject({ code: 'policy-rounds-per-day' });
  });

  it('takes over a lock whose holder is gone', async () => {
    await writeFile(`${path}.lock`, 'somebody');
    const longAgo = Date.now() / 1000 - 60;
    await utimes(`${path}.lock`, longAgo, longAgo);
    const { consent, send } = consentOf(consentInFile(path));
    await send();
    expect((await consent.history()).roundsWithinDay).toBe(1);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
  });

  it('is left as another process wrote it, whose lock this one has lost meanwhile', async () => {
    const memory = consentInFile(path);
    await consentOf(memory).send();
    const before = await readFile(path, 'utf8');
    const lockOfAnother = JSON.stringify({ token: 'x', pid: 1, machine: 'another', started: 'then' });
    const change = memory.change((record) => {
      writeFileSync(`${path}.lock`, lockOfAnother);
      return { ...record, rounds: [] };
    });
    await expect(change).rejects.toMatchObject({ code: 'lock-lost' });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readFile(`${path}.lock`, 'utf8')).toBe(lockOfAnother);
  });

  it('lies beside its identity file, for its owner alone, and nothing else is left there', async () => {
    const { send, sign } = consentOf(consentInFile(path));
    await send();
    await sign([1, 2, 3]);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (text: string) => string]>([
    ['is no JSON', () => '{'],
    ['is of another version', (text) => text.replace('"version":3', '"version":4')],
    ['has an unknown key', (text) => text.replace('{', '{"more":1,')],
    ['has members that do not ascend', (text) => text.replace('1-3', '3,1')],
    ['has no model’s hash', (text) => text.replace(MODEL, '0')],
    ['has no input’s record', (text) => text.replace(INPUT, '0')],
    ['has half a closed model', (text) => text.replace('"closed":""', '"closed":"00"')],
    ['has a time that is none', (text) => text.replace(String(START), '-1')],
    ['has one model twice', (text) => changed(text, ({ models }) => models.push(models[0]!))],
    [
      'has more models than are remembered',
      (text) =>
        changed(text, ({ models: [one], models }) => {
          for (let i = 1; i <= 64; i++) models.push({ ...one!, point: hex(i + 1) });
        }),
    ],
    [
      'has more sums of a task than are remembered',
      (text) =>
        changed(text, ({ opened: [one], opened }) => {
          for (let i = 1; i <= 1024; i++) opened.push({ ...one, members: `1,${i + 1}` });
        }),
    ],
    [
      'has more rebases than a day may have',
      (text) =>
        changed(text, ({ rebased }) => {
          for (let at = 0; at <= 10_000; at++) rebased.push({ at, point: MODEL });
        }),
    ],
    [
      'has two inputs of one repeat',
      (text) => changed(text, ({ models: [one] }) => one!.inputs.push({ ...one!.inputs[0]!, input: hex(0xab) })),
    ],
    ['is cut off', (text) => text.slice(0, -20)],
    ['is empty', () => ''],
  ])('is not believed, nor overwritten, where it %s', async (_, damage) => {
    const { consent, clock, send, sign } = consentOf(consentInFile(path));
    await send();
    await sign([1, 2, 3]);
    const text = await readFile(path, 'utf8');
    const damaged = damage(text);
    expect(damaged).not.toBe(text);
    await writeFile(path, damaged);
    clock.now++;
    for (const use of [consent.history(), send(), sign([1, 2, 3]), consent.training(round(), LAX)])
      await expect(use).rejects.toMatchObject({ code: 'memory-lost' });
    await acceptLostMemory(path);
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });

  it('that cannot be read or written is named', async () => {
    await expect(consentOf(consentInFile(folder)).consent.history()).rejects.toMatchObject({
      code: 'config-unreadable',
    });
    await expect(consentOf(consentInFile(join(folder, 'no', 'x'))).send()).rejects.toMatchObject({
      code: 'folder-unwritable',
    });
  });

  it('of version 1 still opens: its rounds, sums and accounts count on, and the next change writes version 3', async () => {
    const frozen = await readFile(new URL('./fixtures/rounds-v1.json', import.meta.url), 'utf8');
    await writeFile(path, frozen);
    const { consent, memory, sign } = consentOf(consentInFile(path));
    const { roundsWithinDay, opened, record } = await consent.history(MODEL);
    expect(roundsWithinDay).toBe(2);
    expect(record).toBeUndefined();
    // One sum of the same task and members from two models is one sum.
    expect(opened).toEqual([
      { task: 'flowers', terms: '', members: [1, 2, 7, 8, 9] },
      { task: 'digits', terms: '', members: [1, 2, 3, 4, 5] },
    ]);
    const { accounts } = await memory.read();
    expect(accounts).toMatchObject([
      { task: 'flowers', bare: 0, central: 0, distributed: 1 },
      { task: 'digits', bare: 2, central: 0, distributed: 0 },
    ]);
    const policy = { ...LAX, minCohortDifference: 2 };
    await expect(sign([1, 2, 3, 4], round(), policy)).rejects.toThrow(refused('cohort-too-similar'));
    await sign([1, 2, 3, 4, 5], round(), policy);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      version: 3,
      rounds: [1_800_000_000_000, 1_800_000_001_000],
    });
    expect((await memory.read()).accounts).toEqual(accounts);
  });
});

describe('the memory of an identity', () => {
  let folder: string;
  let identityFile: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-memory-'));
    identityFile = join(folder, 'me.json');
    path = consentPath(identityFile);
    const keys = identityFrom(nodePrimitives, new Uint8Array(32).fill(3));
    await writeIdentity(identityFile, { member: 7, name: 'me', keys, authorityKey: new Uint8Array(32).fill(4) });
  });

  afterEach(() => rm(folder, { recursive: true }));

  const open = () => consentOf(consentInFile(path, { identityFile }));

  it('is noted in the identity file by its first change, which stays whole and for its owner alone', async () => {
    const before = await readFile(identityFile, 'utf8');
    const { consent, send } = open();
    await consent.history();
    expect(await readFile(identityFile, 'utf8')).toBe(before);
    await send();
    const { rounds, ...identity } = JSON.parse(await readFile(identityFile, 'utf8')) as Record<string, unknown>;
    expect(rounds).toBe(true);
    expect(identity).toEqual(JSON.parse(before));
    expect((await stat(identityFile)).mode & 0o777).toBe(0o600);
    expect((await readIdentity(identityFile)).member).toBe(7);
    const { mtimeMs } = await stat(identityFile);
    await send();
    await open().send();
    expect((await stat(identityFile)).mtimeMs).toBe(mtimeMs);
  });

  it('that is gone later is missed, and nothing takes part, until a person accepts that', async () => {
    await open().send();
    await rm(path);
    for (const { consent, send, sign } of [open(), open()]) {
      for (const use of [consent.history(), consent.training(round(), LAX), send(), sign([1, 2])])
        await expect(use).rejects.toMatchObject({ code: 'memory-lost' });
    }
    expect(await readdir(folder)).toEqual(['me.json']);
    await acceptLostMemory(path);
    expect(await open().memory.read()).toEqual(NO_RECORD);
    await open().send(round(), [1, 2], hex(0xab));
    // Accepting again does not touch what is there.
    await acceptLostMemory(path);
    expect((await open().consent.history(MODEL)).record?.inputs).toHaveLength(1);
  });

  it('of an identity file that another may read is not begun', async () => {
    await chmod(identityFile, 0o644);
    await expect(open().send()).rejects.toMatchObject({ code: 'key-file-mode' });
  });
});

describe('ids as text', () => {
  it('are read back as they were', () => {
    const some = fc.uniqueArray(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1 });
    fc.assert(
      fc.property(some, fc.nat(50), fc.nat(50), (scattered, from, length) => {
        const run = Array.from({ length }, (_, i) => from + i);
        const ids = [...new Set([...scattered, ...run])].sort((a, b) => a - b);
        expect(idsFromRanges(rangesText(ids), ids.length)).toEqual(ids);
        expect(idsFromRanges(rangesText(ids), ids.length - 1)).toBeUndefined();
      }),
    );
  });

  it('are short where they follow on each other', () => {
    expect(rangesText([1, 2, 3, 7, 9, 10])).toBe('1-3,7,9-10');
  });

  it.each(['', 'x', '1,', '2,1', '1,1', '1-3,3', '3-1', '-1', '1-', '4294967296', '1.5', '1 ,2', '0-99999999999'])(
    'are not read from %j',
    (text) => {
      expect(idsFromRanges(text, 1_000_000)).toBeUndefined();
    },
  );

  it('are not read from a range beyond the most', () => {
    expect(idsFromRanges('0-4294967295', 1_000_000)).toBeUndefined();
  });
});
