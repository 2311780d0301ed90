import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore, MemoryStore, openStore, type Store } from '../../coordinator/store/index.ts';
import { closeAll, openHall } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';
import { bytes, PENDING, record, report } from './support/store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-store-'));
});
afterEach(async () => {
  await closeAll();
  await rm(folder, { recursive: true });
});

/** Every store, in each way to open it. A store of your own that passes this can be given to a coordinator. */
const STORES: [string, () => Promise<Store>][] = [
  ['MemoryStore', () => Promise.resolve(new MemoryStore())],
  ['memory:', () => openStore('memory:')],
  ['FileStore', () => FileStore.open(folder)],
  ['file:PATH', () => openStore(`file:${folder}`)],
];

describe.each(STORES)('%s', (_, open) => {
  it('returns models by their hash', async () => {
    const store = await open();
    const model = bytes(1, 2, 3);
    const hash = await store.putModel(model);
    expect(hash).toBe('039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81');
    model.fill(0);
    expect(await store.getModel(hash)).toEqual(bytes(1, 2, 3));
    expect(await store.getModel('00'.repeat(32))).toBeUndefined();
    expect(await store.getModel('../tasks/x')).toBeUndefined();
  });

  it('returns a task’s last record', async () => {
    const store = await open();
    expect(await store.loadTask('digits.v1')).toBeUndefined();
    const state = { mean: Float32Array.of(0.5, -1), square: Float32Array.of(2, 3) };
    await store.saveTask(record(1, state));
    expect(await store.loadTask('digits.v1')).toEqual(record(1, state));
    await store.saveTask(record(2));
    expect(await store.loadTask('digits.v1')).toEqual(record(2));
    expect(await store.loadTask('digits')).toBeUndefined();
  });

  it('returns what is pending with it', async () => {
    const store = await open();
    const saved = { ...record(1), pending: PENDING };
    await store.saveTask(saved);
    expect(await store.loadTask('digits.v1')).toEqual(saved);
    await store.saveTask(record(2));
    expect(await store.loadTask('digits.v1')).toEqual(record(2));
  });

  it('lists the reports of one task in their order', async () => {
    const store = await open();
    await Promise.all([report('a', 1), report('b', 1), report('a', 2)].map((one) => store.appendRound(one)));
    expect(await store.listRounds('a')).toEqual([report('a', 1), report('a', 2)]);
    expect(await store.listRounds('c')).toEqual([]);
  });

  it('lists a page of the reports of one task, even with reports of others in between', async () => {
    const store = await open();
    for (const round of [1, 2, 3, 4]) for (const task of ['a', 'b']) await store.appendRound(report(task, round));
    const rounds = async (page?: Parameters<Store['listRounds']>[1]): Promise<number[]> =>
      (await store.listRounds('a', page)).map(({ round }) => round);
    expect(await rounds({})).toEqual([1, 2, 3, 4]);
    expect(await rounds({ limit: 3 })).toEqual([1, 2, 3]);
    expect(await rounds({ after: 3, limit: 3 })).toEqual([4]);
    expect(await rounds({ after: 1, limit: 2 })).toEqual([2, 3]);
    expect(await rounds({ after: 4 })).toEqual([]);
    expect(await rounds({ limit: 0 })).toEqual([]);
  });

  it('keeps pages stable when reports are added', async () => {
    const store = await open();
    await store.appendRound(report('a', 1));
    const read = await store.listRounds('a', { limit: 10 });
    await store.appendRound(report('a', 2));
    expect(await store.listRounds('a', { after: read.length })).toEqual([report('a', 2)]);
    expect(read).toEqual([report('a', 1)]);
  });

  it.each([{ after: -1 }, { limit: -1 }, { after: 0.5 }, { limit: NaN }])('refuses the page %j', async (page) => {
    const store = await open();
    expect(await rejectionOf(store.listRounds('a', page))).toMatchObject({ code: 'internal' });
  });

  it('lists exactly the tasks that have a record', async () => {
    const store = await open();
    expect(await store.listTasks()).toEqual([]);
    await store.saveTask({ ...record(1), task: 'b' });
    await store.saveTask({ ...record(1, { mean: Float32Array.of(1) }), task: 'a.json' });
    await store.saveTask({ ...record(2), task: 'b' });
    await store.appendRound(report('c', 1));
    expect(await store.listTasks()).toEqual(['a.json', 'b']);
  });

  it('leases a task to one holder, and names it to a second one', async () => {
    const store = await open();
    const lease = await store.claim('a', 'one');
    expect(await rejectionOf(store.claim('a', 'two'))).toMatchObject({
      code: 'task-claimed',
      message: 'task "a" is run by one',
    });
    expect(await rejectionOf(store.claim('a', 'one'))).toMatchObject({ code: 'task-claimed' });
    await (await store.claim('b', 'two')).release();
    await lease.release();
    await store.claim('a', 'two');
  });

  it('does not end the lease of a second holder when the first releases its own again', async () => {
    const store = await open();
    const lease = await store.claim('a', 'one');
    await lease.release();
    await store.claim('a', 'two');
    await lease.release();
    expect(await rejectionOf(store.claim('a', 'three'))).toMatchObject({ message: 'task "a" is run by two' });
  });

  it('ends all leases when it is closed', async () => {
    const store = await open();
    const lease = await store.claim('a', 'one');
    await store.close();
    await store.close();
    await lease.release();
    await (await open()).claim('a', 'two');
  });

  it('keeps two coordinators from the same task, until the first one has stopped', async () => {
    const store = await open();
    const first = await openHall({}, { store });
    expect(await rejectionOf(openHall({}, { store }))).toMatchObject({
      code: 'task-claimed',
      message: `task "toy" is run by the coordinator with process id ${process.pid} on ${hostname()}`,
    });
    await first.coordinator.stop();
    const next = await openHall({}, { store });
    await next.coordinator.stop();
    await (await store.claim('toy', 'one')).release();
  });
});

describe('a folder', () => {
  it('that a store was opened in by its URL is refused to another one until it is closed', async () => {
    const store = await openStore(`file:${folder}`);
    expect(await rejectionOf(openStore(`file:${folder}`))).toMatchObject({ code: 'folder-unwritable' });
    await store.close();
    await (await openStore(`file:${folder}`)).close();
  });

  it('is that of the store with the first claim on a task of it, until the last one is released', async () => {
    const [first, second] = [await FileStore.open(folder), await FileStore.open(folder)];
    const leases = [await first.claim('a', 'one'), await first.claim('b', 'one')];
    expect(await rejectionOf(second.claim('c', 'two'))).toMatchObject({ code: 'folder-unwritable' });
    await leases[0]!.release();
    expect(await rejectionOf(second.claim('c', 'two'))).toMatchObject({ code: 'folder-unwritable' });
    await leases[1]!.release();
    await (await second.claim('c', 'two')).release();
  });

  it('is free again after a store in it was too damaged to be opened', async () => {
    const store = await openStore(`file:${folder}`);
    await store.appendRound(report('a', 1));
    await store.close();
    await appendFile(join(folder, 'rounds.jsonl'), 'damage\n');
    expect(await rejectionOf(openStore(`file:${folder}`))).toMatchObject({ code: 'config-unreadable' });
    await rm(join(folder, 'rounds.jsonl'));
    await (await openStore(`file:${folder}`)).close();
  });
});

describe('the URL of a store', () => {
  it('may name a folder with slashes, or from the working directory', async () => {
    const url = pathToFileURL(join(folder, 'of two words')).href;
    const store = await openStore(url);
    await store.saveTask({ ...record(1), task: 'a' });
    await store.close();
    const again = await openStore(`file:${relative('.', join(folder, 'of two words'))}`);
    expect(await again.listTasks()).toEqual(['a']);
    await again.close();
  });

  it.each(['', 'file:', 'redis://localhost', '.cairn/data', 'memory:x', 'file://elsewhere/data', 'file:a\0b'])(
    'is not %j',
    async (url) => {
      expect(await rejectionOf(openStore(url))).toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('file:PATH or memory:') as string,
      });
    },
  );
});
