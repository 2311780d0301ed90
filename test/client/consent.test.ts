import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consent } from '../../client/consent/consent.ts';
import { consentInFile, consentPath } from '../../client/consent/file.ts';
import { type ConsentMemory, consentInMemory } from '../../client/consent/memory.ts';
import { idsFromRanges, rangesText } from '../../client/consent/ranges.ts';
import type { ClientPolicy } from '../../protocol/aggregation/client/index.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { settingsFor } from './support/rounds.ts';

/** Takes every round. */
const POLICY = { adversary: 'curious', colluding: 0, minCohort: 2 } as const;
const HOUR = 3_600_000;
const START = 1_800_000_000_000;
const MODEL = '00'.repeat(32);
const settings = settingsFor(NO_HASH, { task: 'digits' });
const OTHER = new Uint8Array(32).fill(7);
const LAX: ClientPolicy = { adversary: 'active', colluding: 0, minCohort: 2 };

/** A client's memory with a clock of its own. */
function consentOf(memory: ConsentMemory = consentInMemory()) {
  const clock = { now: START };
  return { clock, memory, consent: new Consent(memory, () => clock.now) };
}

describe('rounds of a day', () => {
  it('count for 24 hours from the sending of the masked input', async () => {
    const { clock, consent } = consentOf();
    const count = async (): Promise<number> => (await consent.history(settings)).roundsWithinDay;
    expect(await count()).toBe(0);
    await consent.sending(settings, POLICY);
    clock.now += 12 * HOUR;
    await consent.sending(settings, POLICY);
    expect(await count()).toBe(2);
    clock.now = START + 24 * HOUR - 1;
    expect(await count()).toBe(2);
    clock.now++;
    expect(await count()).toBe(1);
    clock.now += 12 * HOUR;
    expect(await count()).toBe(0);
  });

  it('of all tasks count together', async () => {
    const { consent } = consentOf();
    await consent.sending(settings, POLICY);
    await consent.sending({ ...settings, task: 'other' }, POLICY);
    expect((await consent.history(settings)).roundsWithinDay).toBe(2);
  });

  it('count on when the clock is set back', async () => {
    const { clock, consent } = consentOf();
    await consent.sending(settings, POLICY);
    clock.now -= 48 * HOUR;
    expect((await consent.history(settings)).roundsWithinDay).toBe(1);
  });

  it('are forgotten when they are a day old', async () => {
    const { clock, consent, memory } = consentOf();
    for (let hour = 0; hour < 48; hour++) {
      clock.now = START + hour * HOUR;
      await consent.sending(settings, POLICY);
    }
    expect((await memory.read()).sent).toHaveLength(24);
  });
});

describe('sums that were opened', () => {
  it('are told apart by task unless they have the same model, and known by model and members', async () => {
    const { consent } = consentOf();
    await consent.revealing(settings, [1, 2, 3], LAX);
    await consent.revealing({ ...settings, task: 'other', modelHash: OTHER }, [4, 5], LAX);
    await consent.revealing({ ...settings, task: 'other' }, [6, 7], LAX);
    await consent.revealing({ ...settings, modelHash: new Uint8Array(32).fill(255) }, [1, 2], LAX);
    const { opened } = await consent.history(settings);
    expect(opened).toMatchObject([
      { model: MODEL, members: [1, 2, 3] },
      { model: MODEL, members: [6, 7] },
      { model: 'ff'.repeat(32), members: [1, 2] },
    ]);
  });

  it('are kept once each', async () => {
    const { consent } = consentOf();
    for (const members of [
      [1, 2],
      [1, 3],
      [1, 2],
      [1, 2, 3],
    ])
      await consent.revealing(settings, members, LAX);
    expect((await consent.history(settings)).opened.map(({ members }) => members)).toEqual([
      [1, 3],
      [1, 2],
      [1, 2, 3],
    ]);
  });

  it('are forgotten, the oldest first, beyond 1024 of a task, and no task makes another’s be forgotten', async () => {
    const { consent } = consentOf();
    await consent.revealing({ ...settings, task: 'other', modelHash: OTHER }, [7], LAX);
    for (let i = 0; i < 1030; i++) await consent.revealing(settings, [i, i + 1], LAX);
    const { opened } = await consent.history(settings);
    expect(opened).toHaveLength(1024);
    expect(opened[0].members).toEqual([6, 7]);
    expect((await consent.history({ ...settings, task: 'other', modelHash: OTHER })).opened).toHaveLength(1);
  });

  it('of very many members are forgotten earlier, but for the newest', async () => {
    const { consent } = consentOf();
    const many = Array.from({ length: 700_000 }, (_, i) => i);
    await consent.revealing(settings, [1, 2], LAX);
    await consent.revealing(settings, many, LAX);
    await consent.revealing(settings, many.slice(1), LAX);
    const sizes = (await consent.history(settings)).opened.map(({ members }) => members.length);
    expect(sizes).toEqual([many.length - 1]);
  });
});

describe('a memory', () => {
  it('takes one change after the other, however they come', async () => {
    const { consent } = consentOf();
    await Promise.all([1, 2, 3, 4, 5].map((id) => consent.revealing(settings, [id], LAX)));
    expect((await consent.history(settings)).opened).toHaveLength(5);
  });

  it('that fails says so, and does not keep later changes from being taken', async () => {
    const inner = consentInMemory();
    let failing = true;
    const { consent } = consentOf({
      read: () => inner.read(),
      change: (edit) => (failing ? Promise.reject(new Error('disk full')) : inner.change(edit)),
    });
    await expect(consent.sending(settings, POLICY)).rejects.toThrow('disk full');
    failing = false;
    await consent.sending(settings, POLICY);
    expect((await consent.history(settings)).roundsWithinDay).toBe(1);
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
    await first.consent.sending(settings, POLICY);
    await first.consent.revealing(settings, [1, 2, 3, 9, 0xffff_ffff], LAX);
    const second = consentOf(consentInFile(path));
    expect(await second.consent.history(settings)).toMatchObject({
      roundsWithinDay: 1,
      opened: [{ model: MODEL, members: [1, 2, 3, 9, 0xffff_ffff] }],
    });
    expect(await second.memory.read()).toEqual(await first.memory.read());
  });

  it('counts every round of clients that use it at the same time', async () => {
    const clients = [1, 2, 3].map(() => consentOf(consentInFile(path)).consent);
    await Promise.all(Array.from({ length: 30 }, (_, i) => clients[i % 3].sending(settings, POLICY)));
    expect((await clients[0].history(settings)).roundsWithinDay).toBe(30);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
  });

  it('is looked at again before a sum is noted, since a client that uses it too may have helped to open another', async () => {
    const [first, second] = [1, 2].map(() => consentOf(consentInFile(path)).consent);
    const policy = { ...LAX, repeatDifference: 2 };
    expect((await second.history(settings)).opened).toEqual([]);
    await first.revealing(settings, [1, 2, 3, 4], policy);
    const similar = second.revealing({ ...settings, task: 'other' }, [1, 2, 3], policy);
    await expect(similar).rejects.toMatchObject({ code: 'cohort-too-similar' });
    await second.revealing(settings, [1, 2, 5, 6], policy);
    expect((await first.history(settings)).opened.map(({ members }) => members)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 5, 6],
    ]);
  });

  it('keeps the limits of a day for all clients that use it together', async () => {
    const clients = [1, 2, 3].map(() => consentOf(consentInFile(path)).consent);
    const policy = { ...POLICY, mostRoundsPerDay: 5 };
    const sent = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => clients[i % 3].sending(settings, policy)),
    );
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const { reason } of sent.filter((result) => result.status === 'rejected'))
      expect(reason).toMatchObject({ code: 'policy-rounds-per-day' });
  });

  it('takes over a lock whose holder is gone', async () => {
    await writeFile(`${path}.lock`, 'somebody');
    const longAgo = Date.now() / 1000 - 60;
    await utimes(`${path}.lock`, longAgo, longAgo);
    const { consent } = consentOf(consentInFile(path));
    await consent.sending(settings, POLICY);
    expect((await consent.history(settings)).roundsWithinDay).toBe(1);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
  });

  it('lies beside its identity file, for its owner alone, and nothing else is left there', async () => {
    const { consent } = consentOf(consentInFile(path));
    await consent.sending(settings, POLICY);
    await consent.revealing(settings, [1, 2], LAX);
    expect(await readdir(folder)).toEqual(['me.json.rounds']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (text: string) => string]>([
    ['is no JSON', () => '{'],
    ['is of another version', (text) => text.replace('"version":1', '"version":2')],
    ['has an unknown key', (text) => text.replace('{', '{"more":1,')],
    ['has members that do not ascend', (text) => text.replace('1-3', '3,1')],
    ['has no model’s hash', (text) => text.replace(MODEL, '0')],
    ['has a time that is none', (text) => text.replace(String(START), '-1')],
  ])('is not believed, nor overwritten, where it %s', async (_, damage) => {
    const { consent, clock } = consentOf(consentInFile(path));
    await consent.sending(settings, POLICY);
    await consent.revealing(settings, [1, 2, 3], LAX);
    const text = damage(await readFile(path, 'utf8'));
    await writeFile(path, text);
    clock.now++;
    for (const use of [
      consent.history(settings),
      consent.sending(settings, POLICY),
      consent.revealing(settings, [1], LAX),
    ])
      await expect(use).rejects.toMatchObject({ code: 'config-invalid' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that cannot be read or written is named', async () => {
    await expect(consentOf(consentInFile(folder)).consent.history(settings)).rejects.toMatchObject({
      code: 'config-unreadable',
    });
    await expect(
      consentOf(consentInFile(join(folder, 'no', 'x'))).consent.sending(settings, POLICY),
    ).rejects.toMatchObject({
      code: 'folder-unwritable',
    });
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
