import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { unstamped } from '../../protocol/model/stamp.ts';
import { packageVersion } from '../../platform/index.ts';
import { cairn, type Running } from './support/running.ts';
import type { Client } from './support/client.ts';
import { tinyEnv, TINY_APP } from './support/client.ts';
import { Proxy } from './support/proxy.ts';
import { CoordinatorProcess, World } from './support/world.ts';

// People started clients, the coordinator ended well, and every client went on seeking it: nobody had told them.

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

const WELL = { code: 0, signal: null };
const CURIOUS = { adversary: 'curious', cohort: 3, quorum: 3 };

/** The hash of a saved model's file without its stamp, which must name the same one. */
async function hashOfSaved(path: string): Promise<string> {
  const { tensors, shapes, metadata, kept } = decodeSafetensors(await readFile(path));
  const hash = createHash('sha256')
    .update(encodeSafetensors(tensors, shapes, unstamped(metadata), kept))
    .digest('hex');
  expect(metadata).toMatchObject({ 'cairn.task': 'tiny', 'cairn.modelHash': hash, 'cairn.version': packageVersion() });
  expect(metadata['cairn.date']).toMatch(/^20\d\d-.*Z$/);
  return hash;
}

/** `cairn join` as a person runs it: its lines are for people. */
const person = (url: string, args: readonly string[] = []): Running =>
  cairn(['join', url, '--app', TINY_APP, '--accept-curious', ...args], { env: tinyEnv({}) });

const guests = (url: string, args: readonly (readonly string[])[] = [[], [], []]): Client[] =>
  args.map((more) => world.guest(url, {}, more));

describe('a task that has finished', () => {
  it('ends its clients with 0, is answered for until Ctrl-C and after a restart, and hands its model to who comes late', async () => {
    const config = await world.configure({ ...CURIOUS, rounds: 2 });
    const coordinator = await CoordinatorProcess.start([config], []);
    const files = [world.path('one.safetensors'), world.path('models')];
    await mkdir(files[1]!);
    const clients = guests(coordinator.url, [['--save-model', files[0]!], ['--save-model', files[1]!], []]);
    for (const { exited } of clients) expect(await exited).toEqual(WELL);
    const { modelHash } = await coordinator.report(2);
    await coordinator.said('all tasks have ended; still serving requests, Ctrl-C to exit');
    for (const { events } of clients) {
      expect(events.filter(({ kind }) => kind === 'task').at(-1)).toMatchObject({ state: 'finished', modelHash });
      expect(events.at(-2)).toEqual({ kind: 'left' });
      expect(events.at(-1)).toMatchObject({ included: 2, tasks: [{ task: 'tiny', state: 'finished', modelHash }] });
    }
    expect(await hashOfSaved(files[0]!)).toBe(modelHash);
    expect(await hashOfSaved(`${files[1]}/tiny.safetensors`)).toBe(modelHash);
    expect(clients[0]!.running.stderr).toContain(`the model of tiny after round 2: ${files[0]}`);

    const late = world.path('late.safetensors');
    expect(await world.guest(coordinator.url, {}, ['--save-model', late]).exited).toEqual(WELL);
    expect(await hashOfSaved(late)).toBe(modelHash);
    expect(await coordinator.stop('SIGINT')).toEqual(WELL);

    const again = await CoordinatorProcess.start([config], []);
    const [afterwards] = guests(again.url, [['--save-model', late]]);
    expect(await afterwards!.exited).toEqual(WELL);
    expect(afterwards!.events.at(-1)).toMatchObject({
      included: 0,
      tasks: [{ state: 'finished', round: 2, modelHash }],
    });
    expect(await again.stop('SIGINT')).toEqual(WELL);
    expect((await readdir(world.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('ends a coordinator that was told to end with it, once its clients have their model', async () => {
    const coordinator = await world.coordinator({ ...CURIOUS, rounds: 1 });
    const file = world.path('model.safetensors');
    const clients = guests(coordinator.url, [['--save-model', file], [], []]);
    for (const { exited } of clients) expect(await exited).toEqual(WELL);
    expect(await coordinator.running.exited).toEqual(WELL);
    expect(await hashOfSaved(file)).toBe((await coordinator.report(1)).modelHash);
  });

  it('says so in words, with who was waited for, one line a change', async () => {
    const coordinator = await CoordinatorProcess.start([await world.configure({ ...CURIOUS, rounds: 1 })], []);
    const first = person(coordinator.url);
    await first.line('stderr', (line) => line === 'tiny: 1 of 3 seated, waiting for 2 more');
    const second = person(coordinator.url);
    await first.line('stderr', (line) => line === 'tiny: 2 of 3 seated, waiting for 1 more');
    await second.line('stderr', (line) => line === 'tiny: 2 of 3 seated, waiting for 1 more');
    const third = person(coordinator.url);
    const { modelHash } = await coordinator.report(1);
    for (const one of [first, second, third]) {
      expect(await one.exited).toEqual(WELL);
      expect(one.stderr).toContain(
        `tiny has finished, according to the coordinator: 1 of 1 rounds; its model is ${modelHash}`,
      );
      expect(one.stderr.at(-1)).toBe('left after 1 rounds with this client’s update, 0 without');
      expect(one.output).not.toContain('\u001b');
    }
  });
});

describe('a task that has failed', () => {
  const FAILS = { cohort: 3, quorum: 3, attempts: 1, rounds: 1, deadlines: { shareKeys: 2 } };

  it('ends its clients with 4 and the reason, and neither the coordinator nor its other task', async () => {
    const tiny = { overSelect: 0, model: { tensors: { w: [4] } }, clip: 100, maxExamples: 10 };
    const curious = { adversary: 'curious', unsafeOpenEnrolment: true };
    const config = await world.configure({ ...CURIOUS, ...FAILS });
    const parsed = JSON.parse(await readFile(config, 'utf8')) as { readonly tasks: readonly object[] };
    const other = { name: 'other', rounds: 1, cohort: 3, quorum: 3, ...tiny, ...curious };
    await writeFile(config, JSON.stringify({ ...parsed, tasks: [...parsed.tasks, other] }));
    const coordinator = await CoordinatorProcess.start([config], []);
    const [hung, ...told] = guests(coordinator.url, [
      ['--task', 'tiny', '--hold', 'share-keys'],
      ['--task', 'tiny'],
      ['--task', 'tiny'],
    ]);
    for (const client of told) {
      expect(await client.exited).toEqual({ code: 4, signal: null });
      expect(await client.event('task', ({ state }) => state === 'failed')).toMatchObject({
        ...{ round: 0, code: 'below-threshold' },
        message: expect.stringContaining('given up') as string,
      });
    }
    await coordinator.said('tiny has failed [below-threshold]');
    // Hung as it is, it hears nothing, and is ended as such a machine is.
    await hung!.sigkill();
    const others = guests(
      coordinator.url,
      [1, 2, 3].map(() => ['--task', 'other']),
    );
    for (const { exited } of others) expect(await exited).toEqual(WELL);
    await coordinator.said('still serving requests');
    // The exit code tells of the task that failed, whenever the coordinator ends.
    expect(await coordinator.stop('SIGINT')).toEqual({ code: 4, signal: null });
  });
});

describe('--save-model', () => {
  it('is refused at the start where nothing can be written, before anybody has trained', async () => {
    const missing = world.path('missing/model.safetensors');
    const client = world.guest('http://127.0.0.1:1', {}, ['--save-model', missing]);
    expect(await client.exited).toEqual({ code: 1, signal: null });
    expect(client.running.stderr.at(-1)).toMatch(/the model cannot be written to .*missing.* \[model-unsaved\]/);
    expect(client.running.stdout).toEqual([]);
  });

  it('takes no place that is neither a file nor a folder, which a model would have replaced', async () => {
    const path = world.path('socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const client = world.guest('http://127.0.0.1:1', {}, ['--save-model', path]);
    expect(await client.exited).toEqual({ code: 1, signal: null });
    expect(client.running.stderr.at(-1)).toMatch(/is neither a file nor a folder .*\[model-unsaved\]/);
    expect((await stat(path)).isSocket()).toBe(true);
    server.close();
  });

  it('ends with 1 and leaves what was there where the model cannot be put in its place', async () => {
    const coordinator = await world.coordinator({ ...CURIOUS, rounds: 1 });
    const path = world.path('model.safetensors');
    const clients = guests(coordinator.url, [['--save-model', path], [], []]);
    await clients[0]!.event('connected');
    // A folder of this name appears meanwhile: no rename replaces it.
    await mkdir(`${path}/kept`, { recursive: true });
    expect(await clients[0]!.exited).toEqual({ code: 1, signal: null });
    expect(clients[0]!.running.stderr.at(-1)).toContain('[model-unsaved]');
    expect(await readdir(path)).toEqual(['kept']);
    expect((await readdir(world.folder)).filter((name) => name.includes('.model.safetensors-'))).toEqual([]);
    for (const { exited } of clients.slice(1)) expect(await exited).toEqual(WELL);
  });
});

describe('a client with --stay', () => {
  it('waits for further rounds of a task that has finished, over a restart of the coordinator, until Ctrl-C', async () => {
    const rounds = (count: number): Promise<string> => world.configure({ ...CURIOUS, rounds: count });
    let coordinator = await CoordinatorProcess.start([await rounds(1)], []);
    const port = String(coordinator.port);
    const stays = guests(coordinator.url, [['--stay'], ['--stay'], ['--stay']]);
    for (const client of stays) await client.event('task', ({ state }) => state === 'finished');
    expect(await coordinator.stop('SIGINT')).toEqual(WELL);
    coordinator = await CoordinatorProcess.start([await rounds(2), '--port', port], []);
    expect(await coordinator.report(2)).toMatchObject({ outcome: 'committed', included: 3 });
    for (const client of stays) {
      await client.event('task', ({ state, round }) => state === 'finished' && round === 2);
      expect(await client.sigint()).toEqual({ code: 130, signal: null });
    }
  });
});

describe('a client that comes back', () => {
  it('after it was killed in the last round is told how the task ended', async () => {
    await world.enrol(4);
    const config = await world.configure({ cohort: 4, quorum: 4, rounds: 1 });
    const coordinator = await CoordinatorProcess.start([config], []);
    const [killed, ...others] = [4, 1, 2, 3].map((member) =>
      world.member(coordinator.url, member, member === 4 ? { hold: 'unmasking' } : {}),
    );
    await killed!.hung();
    await killed!.sigkill();
    for (const { exited } of others) expect(await exited).toEqual(WELL);
    const { modelHash } = await coordinator.report(1);
    const back = world.member(coordinator.url, 4);
    expect(await back.exited).toEqual(WELL);
    expect(back.events.at(-1)).toMatchObject({ member: 4, tasks: [{ state: 'finished', modelHash }] });
  });

  it('after more than the grace hears that its last round is over, as a guest that has lost its seat, and ends', async () => {
    const [road, proxy] = [await Proxy.open(), await Proxy.open()];
    const fields = { publicUrls: [road.url, proxy.url] };
    const config = await world.configure({ ...CURIOUS, cohort: 4, quorum: 4, rounds: 1 }, fields);
    const coordinator = await CoordinatorProcess.start([config], []);
    for (const one of [road, proxy]) one.target = coordinator.port;
    try {
      const gate = world.path('gate');
      const others = [{ gate }, {}, {}].map((tiny) => world.guest(road.url, tiny));
      const wanderer = world.guest(proxy.url);
      await wanderer.event('sent', ({ message }) => message === 'advertiseKeys');
      const { member } = await wanderer.event('connected');
      // Away until the round, which is the last one, is over.
      proxy.target = 1;
      proxy.cut();
      await coordinator.log('member-left', member);
      await writeFile(`${gate}-1`, '');
      for (const { exited } of others) expect(await exited).toEqual(WELL);
      await coordinator.report(1);
      proxy.target = coordinator.port;
      expect(await wanderer.exited).toEqual(WELL);
      const ends = wanderer.events.filter(({ kind }) => ['committed', 'abandoned', 'refused'].includes(kind));
      expect(ends).toMatchObject([{ kind: 'abandoned', round: 1, code: 'round-forgotten' }]);
      expect(wanderer.events.at(-1)).toMatchObject({ kind: 'summary', abandoned: 1 });
    } finally {
      await Promise.all([road.close(), proxy.close()]);
    }
  });

  it('to a coordinator that was stopped was told so, and takes part again when that is back', async () => {
    const config = await world.configure({ ...CURIOUS, rounds: 2 });
    let coordinator = await CoordinatorProcess.start([config]);
    const port = String(coordinator.port);
    const gate = world.path('gate');
    const clients = [{ gate }, {}, {}].map((tiny) => world.guest(coordinator.url, tiny));
    await writeFile(`${gate}-1`, '');
    await coordinator.report(1);
    for (const client of clients) await client.event('invited', ({ round }) => round === 2);
    expect(await coordinator.stop('SIGINT')).toEqual({ code: 130, signal: null });
    for (const client of clients) {
      expect(await client.event('task', ({ state }) => state === 'stopped')).toMatchObject({ round: 1, rounds: 2 });
      await client.event('disconnected');
    }
    await writeFile(`${gate}-2`, '');
    coordinator = await CoordinatorProcess.start([config, '--port', port]);
    expect(await coordinator.report(2)).toMatchObject({ outcome: 'committed', included: 3 });
    for (const client of clients) {
      expect(await client.exited).toEqual(WELL);
      const invited = client.events.filter(({ kind }) => kind === 'invited').length;
      const ends = client.events.filter(({ kind }) => ['committed', 'abandoned', 'refused'].includes(kind)).length;
      expect(ends).toBe(invited);
    }
    expect(await coordinator.running.exited).toEqual(WELL);
  });
});
