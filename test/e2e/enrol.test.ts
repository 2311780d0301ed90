import { chmod, cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import { fromHex } from '../../protocol/crypto/bytes.ts';
import { identityFrom } from '../../protocol/crypto/keys.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { signDirectory } from '../../protocol/wire/directory.ts';
import { cairn, cairnOnce, ROOT } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

interface Ended {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** `cairn enrol …` in the test's folder. */
const enrol = (...args: readonly string[]): Promise<Ended> => cairnOnce(['enrol', ...args], { cwd: world.folder });

interface Entry {
  readonly member: number;
  readonly name: string;
  readonly expires: string;
  readonly tasks: readonly string[];
  readonly identityKey: string;
}

/** What stands under "directory" in a coordinator's file. */
interface Directory {
  readonly file: string;
  readonly authorityKey: string;
}

async function good(...args: readonly string[]): Promise<Ended> {
  const ended = await enrol(...args);
  expect(ended.code, ended.stderr.join('\n')).toBe(0);
  return ended;
}

async function refused(exit: number, code: string, words: string, args: readonly string[]): Promise<void> {
  const { code: found, stdout, stderr } = await enrol(...args);
  expect(stderr.at(-1)).toContain(`[${code}]`);
  expect(stderr.at(-1)).toContain(words);
  expect([found, stdout]).toEqual([exit, []]);
}

const init = async (): Promise<Directory> => JSON.parse((await good('init')).stdout[0]!) as Directory;

async function listed(): Promise<{ readonly serial: number; readonly expires: string; readonly members: Entry[] }> {
  return JSON.parse((await good('ls', '--json')).stdout[0]!) as Awaited<ReturnType<typeof listed>>;
}

/** Seconds from now until a date, rounded to days. */
const daysUntil = (date: string): number => Math.round((Date.parse(date) - Date.now()) / 86_400_000);

const modeOf = async (name: string): Promise<number> => (await stat(world.path(name))).mode & 0o777;

/** The example's task for an active adversary, with this directory. */
async function configuration(directory: Directory): Promise<string> {
  await world.install();
  await cp(join(ROOT, 'examples/own-model'), world.path('own-model'), { recursive: true });
  const path = world.path('own-model/coordinator.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as { tasks: Record<string, unknown>[] };
  const tasks = config.tasks.map((task) => ({ ...task, adversary: 'active', unsafeOpenEnrolment: false, rounds: 2 }));
  await writeFile(path, JSON.stringify({ ...config, directory, tasks }));
  return path;
}

const clinic = (url: string, number: number, identity: string, ...args: readonly string[]) =>
  cairn(['join', url, '--app', world.path('own-model/app.mjs'), '--identity', world.path(identity), ...args], {
    env: { CLINIC_CSV: world.path(`own-model/clinic-${number}.csv`) },
  });

describe('cairn enrol', () => {
  it('takes members from their own requests through rounds that do not trust the coordinator', async () => {
    const directory = await init();
    const names = ['anna', 'ben', 'cleo'];
    for (const name of names) {
      await good('request', name, '--authority', directory.authorityKey);
      await good('issue', name, '--request', `${name}.request.json`, '--task', 'risk');
      expect(await modeOf(`${name}.identity.json`)).toBe(0o600);
    }
    const coordinator = await CoordinatorProcess.start([await configuration(directory), '--port', '0']);
    const clients = names.map((name, i) => clinic(coordinator.url, i + 1, `${name}.identity.json`));
    expect(await coordinator.running.exited).toMatchObject({ code: 0 });
    const reports = coordinator.running.stdout.map((line) => JSON.parse(line) as RoundReport);
    expect(reports.map(({ outcome, included }) => [outcome, included])).toEqual([
      ['measured', 3],
      ['committed', 3],
      ['committed', 3],
    ]);
    for (const client of clients) expect(await client.exited).toEqual({ code: 0, signal: null });
    const { serial } = await listed();
    const seen = JSON.parse(await readFile(world.path('anna.identity.json.seen'), 'utf8')) as unknown;
    expect(seen).toMatchObject({ [directory.authorityKey]: { serial } });
  });

  it('makes the authority’s key for its owner alone, once', async () => {
    await init();
    expect(await modeOf('.cairn/authority/authority.key.json')).toBe(0o600);
    const key = await readFile(world.path('.cairn/authority/authority.key.json'), 'utf8');
    await refused(3, 'config-invalid', 'never overwritten', ['init']);
    expect(await readFile(world.path('.cairn/authority/authority.key.json'), 'utf8')).toBe(key);
  });

  it('certifies, renews and revokes, each time under a greater serial number', async () => {
    await init();
    const issued = await good('issue', 'anna', '--expires', '2d', '--task', 'b', 'a');
    const anna = JSON.parse(issued.stdout[0]!) as Entry;
    expect(issued.stderr[0]).toMatch(/^anna is member \d+ until \S+Z \(2 days\)$/);
    await good('issue', 'Ward 7', '--out', 'ward.json');
    const before = await listed();
    expect(before.serial).toBe(3);
    expect(daysUntil(before.expires)).toBe(90);
    expect(before.members.map(({ name, tasks }) => [name, tasks])).toEqual(
      expect.arrayContaining([
        ['anna', ['a', 'b']],
        ['Ward 7', []],
      ]),
    );
    expect(daysUntil(anna.expires)).toBe(2);

    await good('renew', 'anna', '--expires', '30d', '--valid', '1w');
    await good('renew');
    const renewed = await listed();
    expect([renewed.serial, daysUntil(renewed.expires)]).toEqual([5, 7]);
    const ends = new Map(renewed.members.map(({ name, expires }) => [name, daysUntil(expires)]));
    expect([ends.get('anna'), ends.get('Ward 7')]).toEqual([30, 365]);

    await good('revoke', String(anna.member));
    await good('renew', '--serial', '100');
    const after = await listed();
    expect([after.serial, after.members.map(({ name }) => name)]).toEqual([100, ['Ward 7']]);
    const table = await good('ls');
    expect(table.stdout).toHaveLength(1);
    expect(table.stdout[0]).toMatch(/^\d+ {2}Ward 7 {2}until \S+Z \(365 days\) {2}all tasks {2}[0-9a-f]{16}…$/);
    expect(table.stderr[0]).toMatch(/^directory 100 of /);
    expect((await readdir(world.path('.cairn/authority'))).sort()).toEqual(['authority.key.json', 'members.directory']);
  });

  it('shows no secret, on either stream', async () => {
    const { authorityKey } = await init();
    const runs = [
      await good('issue', 'anna'),
      await good('request', 'ben', '--authority', authorityKey),
      await good('ls'),
    ];
    const files = ['.cairn/authority/authority.key.json', 'anna.identity.json', 'ben.identity.json'];
    for (const file of files) {
      const { seed } = JSON.parse(await readFile(world.path(file), 'utf8')) as { seed: string };
      expect(seed).toMatch(/^[0-9a-f]{64}$/);
      for (const { stdout, stderr } of runs) expect([...stdout, ...stderr].join('\n')).not.toContain(seed);
    }
    expect(await readFile(world.path('ben.request.json'), 'utf8')).not.toContain('seed');
  });
});

describe('who is no member', () => {
  /** Three clinics with the example's app, and the directory that has them. */
  async function enrolled(): Promise<Directory> {
    const directory = await init();
    for (const name of NAMES) await good('issue', name);
    return directory;
  }
  const NAMES = ['anna', 'ben', 'cleo'];
  const join = (url: string, name: string, ...args: readonly string[]) =>
    clinic(url, NAMES.indexOf(name) + 1, `${name}.identity.json`, ...args);

  it('any more, since it was revoked, loses its seat in a running coordinator and gets no other', async () => {
    const path = await configuration(await enrolled());
    const coordinator = await CoordinatorProcess.start([path, '--port', '0']);
    const anna = join(coordinator.url, 'anna');
    await anna.line('stderr', (line) => line.startsWith('connected as member'));
    await good('revoke', 'anna');
    // One after the other: before the coordinator has seen the new directory, a second process would find the seat taken.
    for (const start of [() => anna, () => join(coordinator.url, 'anna')]) {
      const process = start();
      expect(await process.exited).toMatchObject({ code: 5 });
      expect(process.stderr.at(-1)).toContain('[identity-unknown]');
    }
    expect((await coordinator.status()).idle).toBe(0);
  });

  it('is not brought back by a coordinator that goes back to an older directory', async () => {
    const directory = await enrolled();
    const old = await readFile(directory.file);
    await good('renew');
    const path = await configuration(directory);
    const honest = await CoordinatorProcess.start([path, '--port', '0']);
    const first = NAMES.map((name) => join(honest.url, name));
    expect(await honest.running.exited).toMatchObject({ code: 0 });
    for (const client of first) client.kill('SIGINT');
    await Promise.all(first.map(({ exited }) => exited));

    await writeFile(directory.file, old);
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, dataDir: 'elsewhere' }));
    const dishonest = await CoordinatorProcess.start([path, '--port', '0']);
    const second = NAMES.map((name) => join(dishonest.url, name, '--json'));
    for (const client of second) {
      const line = await client.line('stdout', (text) => text.includes('"kind":"refused"'));
      expect(JSON.parse(line)).toMatchObject({ code: 'directory-rolled-back' });
    }
  });

  it('is not believed from another authority, nor from a directory that has expired', async () => {
    const directory = await enrolled();
    const path = await configuration(directory);
    await good('init', '--folder', 'other');
    await cp(world.path('other/members.directory'), directory.file);
    await refusedStart(path, 'directory-signature', 'pinned authority');
    const text = await readFile(world.path('.cairn/authority/authority.key.json'), 'utf8');
    const { seed } = JSON.parse(text) as { seed: string };
    const past = { serial: 9, issued: 1000, notAfter: 2000 };
    const keys = identityFrom(portablePrimitives, fromHex(seed));
    await writeFile(directory.file, signDirectory(portablePrimitives, keys, past, []));
    await refusedStart(path, 'directory-expired', 'valid until 1970-01-01T00:33:20Z');
    expect((await good('ls')).stderr[0]).toContain('EXPIRED');
  });

  async function refusedStart(path: string, code: string, words: string): Promise<void> {
    const ended = await cairnOnce(['coordinator', path, '--exit-when-done']);
    expect([ended.code, ended.stderr.at(-1)]).toEqual([3, expect.stringContaining(`[${code}]`)]);
    expect(ended.stderr.at(-1)).toContain(words);
  }
});

describe('what cairn enrol refuses, in one line', () => {
  it('a key that others could use, or that is none', async () => {
    await init();
    const key = world.path('.cairn/authority/authority.key.json');
    await chmod(key, 0o640);
    await refused(3, 'key-file-mode', `chmod 600 .cairn/authority/authority.key.json`, ['issue', 'anna']);
    expect(await readdir(world.folder)).toEqual(['.cairn']);
    await chmod(key, 0o600);
    await writeFile(key, '{"kind":"identity"}');
    await refused(3, 'config-invalid', 'is not an authority’s key', ['ls']);
    await refused(3, 'config-unreadable', 'cairn enrol init', ['ls', '--folder', 'elsewhere']);
  });

  it('a request that was made for another authority, or changed on the way, or is somebody else’s', async () => {
    const { authorityKey } = await init();
    const other = JSON.parse((await good('init', '--folder', 'other')).stdout[0]!) as Directory;
    await good('request', 'anna', '--authority', other.authorityKey);
    const issue = ['issue', 'anna', '--request', 'anna.request.json'];
    await refused(5, 'identity-signature', 'this authority', issue);
    await good('request', 'ben', '--authority', authorityKey);
    const text = await readFile(world.path('ben.request.json'), 'utf8');
    await writeFile(world.path('anna.request.json'), text.replace('"ben"', '"anna"'));
    await refused(5, 'identity-signature', 'arrive unmodified', issue);
    await writeFile(world.path('anna.request.json'), text);
    await refused(3, 'config-invalid', 'the request is for "ben"', issue);
    await writeFile(world.path('anna.request.json'), text.replace('"kind"', '"kin"'));
    await refused(3, 'config-invalid', 'is not an enrolment request', issue);
    expect((await listed()).members).toEqual([]);
  });

  it('a name that is taken, leaving no identity behind, or a member that is not there', async () => {
    await init();
    await good('issue', 'anna');
    await refused(3, 'config-invalid', 'already has the name "anna"', ['issue', 'anna', '--out', 'again.json']);
    expect((await readdir(world.folder)).sort()).toEqual(['.cairn', 'anna.identity.json']);
    await refused(5, 'identity-unknown', 'cairn enrol ls', ['revoke', 'ana']);
    await refused(5, 'identity-unknown', '"12"', ['renew', 'anna', '12']);
    expect((await listed()).serial).toBe(2);
  });

  it('a directory that is gone, damaged, or another authority’s', async () => {
    await init();
    await good('init', '--folder', 'other');
    const file = world.path('.cairn/authority/members.directory');
    const mine = await readFile(file);
    await cp(world.path('other/members.directory'), file);
    await refused(3, 'directory-signature', 'pinned authority', ['issue', 'anna']);
    mine[20]! ^= 1;
    await writeFile(file, mine);
    await refused(3, 'directory-signature', 'pinned authority', ['ls']);
  });

  it('to change a directory that another command is changing', async () => {
    await init();
    await writeFile(world.path('.cairn/authority/members.lock'), '');
    await refused(3, 'folder-unwritable', 'remove .cairn/authority/members.lock', ['issue', 'anna']);
  });

  it.each<[string, string, readonly string[]]>([
    ['a name that is a number', 'must not be a number', ['issue', '12']],
    ['a name with control characters', 'control characters', ['issue', 'a\tb']],
    ['a name that is no good for a file', '--out', ['issue', '../anna']],
    ['an authority key that is none', '64 hex digits', ['request', 'anna', '--authority', 'abc']],
    ['a time without a unit', 'such as 90d', ['issue', 'anna', '--expires', '90']],
    ['a serial number that is not greater', 'is not greater', ['renew', '--serial', '1']],
    ['an unknown command', 'see cairn enrol --help', ['isue', 'anna']],
  ])('%s', async (_, words, args) => {
    await init();
    await refused(2, 'usage', words, args);
    expect(await readdir(world.folder)).toEqual(['.cairn']);
  });
});
