import { mkdir, appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/report.ts';
import { FileStore } from '../../coordinator/store/index.ts';
import { writeAtomically } from '../../platform/index.ts';
import { rejectionOf } from './support/errors.ts';
import { bytes, PENDING, record, report } from './support/store.ts';

/** As the version before wrote it, which knew of nothing pending. */
const EARLIER = `{
  "version": 1,
  "task": "digits.v1",
  "round": 7,
  "modelHash": "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
  "strategy": "fedavg"
}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-store-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

describe('a FileStore that is opened again', () => {
  it('still has all its data', async () => {
    const first = await FileStore.open(folder);
    const hash = await first.putModel(bytes(9));
    const state = { velocity: Float32Array.of(1, 2, 3) };
    await first.saveTask(record(4, state));
    await first.appendRound(report('a', 4));

    const second = await FileStore.open(folder);
    expect(await second.getModel(hash)).toEqual(bytes(9));
    expect(await second.loadTask('digits.v1')).toEqual(record(4, state));
    expect(await second.listRounds('a')).toEqual([report('a', 4)]);
  });

  it('reads the record of an earlier version', async () => {
    const store = await FileStore.open(folder);
    await writeFile(join(folder, 'tasks', 'digits.v1.json'), EARLIER);
    expect(await store.loadTask('digits.v1')).toEqual({
      task: 'digits.v1',
      round: 7,
      modelHash: '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',
      strategy: 'fedavg',
      strategyState: {},
    });
  });

  it('still has what was pending', async () => {
    const saved = { ...record(1, { velocity: Float32Array.of(1) }), pending: PENDING };
    await (await FileStore.open(folder)).saveTask(saved);
    expect(await (await FileStore.open(folder)).loadTask('digits.v1')).toEqual(saved);
  });

  it.each<[string, object]>([
    ['more of it than there can be', { ...PENDING, repeat: 256 }],
    ['a member without an id', { ...PENDING, sets: [{ ...PENDING.sets[0], members: [0] }] }],
    ['a proof that is none', { ...PENDING, sets: [{ ...PENDING.sets[0], proofs: ['0'] }] }],
  ])('refuses a record with %s', async (_, pending) => {
    const store = await FileStore.open(folder);
    const changed = { ...(JSON.parse(EARLIER) as object), pending };
    await writeFile(join(folder, 'tasks', 'digits.v1.json'), JSON.stringify(changed));
    expect(await rejectionOf(store.loadTask('digits.v1'))).toMatchObject({ code: 'config-unreadable' });
  });

  it('writes vectors once, however often their record is replaced', async () => {
    const store = await FileStore.open(folder);
    const state = { velocity: Float32Array.of(1, 2) };
    const file = join(folder, 'tasks', `digits.v1.1.${record(1).modelHash.slice(0, 8)}.state.safetensors`);
    await store.saveTask(record(1, state));
    const { ino } = await stat(file);
    await store.saveTask({ ...record(1, state), pending: PENDING });
    expect((await stat(file)).ino).toBe(ino);
    await store.saveTask(record(1, { velocity: Float32Array.of(3, 4) }));
    expect((await store.loadTask('digits.v1'))?.strategyState.velocity).toEqual(Float32Array.of(3, 4));
    await store.saveTask(record(2, state));
    await store.saveTask(record(1, state));
    expect((await store.loadTask('digits.v1'))?.strategyState.velocity).toEqual(Float32Array.of(1, 2));
  });

  it('keeps only the vectors of the current record', async () => {
    const store = await FileStore.open(folder);
    for (const round of [1, 2, 3]) await store.saveTask(record(round, { velocity: Float32Array.of(round) }));
    const names = await readdir(join(folder, 'tasks'));
    expect(names.filter((name) => name.endsWith('.safetensors'))).toHaveLength(1);
    expect((await store.loadTask('digits.v1'))?.strategyState.velocity).toEqual(Float32Array.of(3));
  });
});

describe('after a crash in the middle of a write', () => {
  it('the last whole record is used, and half-written files are removed', async () => {
    const store = await FileStore.open(folder);
    await store.saveTask(record(1, { velocity: Float32Array.of(1) }));
    // As a crash leaves it: the next round's vectors are there, its record only in part, under its temporary name.
    await writeFile(join(folder, 'tasks', `digits.v1.2.${'a'.repeat(8)}.state.safetensors`), bytes(1, 2));
    await writeFile(join(folder, 'tasks', '.part-digits.v1.json-1'), '{"version":1,"rou');
    await writeFile(join(folder, 'models', '.part-model-1'), bytes(1));

    const again = await FileStore.open(folder);
    expect(await again.loadTask('digits.v1')).toEqual(record(1, { velocity: Float32Array.of(1) }));
    await again.saveTask(record(2, { velocity: Float32Array.of(2) }));
    expect((await readdir(join(folder, 'tasks'))).sort()).toEqual([
      `digits.v1.2.${record(2).modelHash.slice(0, 8)}.state.safetensors`,
      'digits.v1.json',
    ]);
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });

  it('a truncated report is removed, and the next one starts a new line', async () => {
    const store = await FileStore.open(folder);
    await store.appendRound(report('a', 1));
    await appendFile(join(folder, 'rounds.jsonl'), '{"task":"a","roun');
    const again = await FileStore.open(folder);
    expect(await again.listRounds('a')).toEqual([report('a', 1)]);
    await again.appendRound(report('a', 2));
    const lines = (await readFile(join(folder, 'rounds.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as RoundReport).round)).toEqual([1, 2]);
  });

  it('a write that fails leaves the old file and no other', async () => {
    const path = join(folder, 'file');
    await writeAtomically(path, 'old');
    const failing = { length: 1 } as unknown as Uint8Array; // what writeFile refuses after the file was made
    expect(await rejectionOf(writeAtomically(path, failing))).toMatchObject({ code: 'folder-unwritable' });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('damage is named, not hidden', () => {
  it('a model file that was modified', async () => {
    const store = await FileStore.open(folder);
    const hash = await store.putModel(bytes(1, 2, 3));
    await writeFile(join(folder, 'models', `${hash}.safetensors`), bytes(1, 2, 4));
    expect(await rejectionOf((await FileStore.open(folder)).getModel(hash))).toMatchObject({
      code: 'model-malformed',
      message: expect.stringContaining(join(folder, 'models', `${hash}.safetensors`)) as string,
      hint: expect.stringContaining('restore the file from a copy') as string,
    });
  });

  it.each([
    ['not JSON', '{'],
    ['not a record', '{"version":1}'],
    [
      'another task’s',
      JSON.stringify({ version: 1, task: 'x', round: 0, modelHash: 'a'.repeat(64), strategy: 'fedavg' }),
    ],
  ])('a record that is %s', async (_, text) => {
    const store = await FileStore.open(folder);
    await writeFile(join(folder, 'tasks', 'digits.v1.json'), text);
    const error = await rejectionOf(store.loadTask('digits.v1'));
    expect(error).toMatchObject({ code: 'config-unreadable', hint: expect.stringContaining('from a copy') as string });
    expect(error.message).toContain(join(folder, 'tasks', 'digits.v1.json'));
  });

  it('a record that was truncated, by the place where it ends', async () => {
    const store = await FileStore.open(folder);
    await store.saveTask(record(1, {}));
    const path = join(folder, 'tasks', 'digits.v1.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 40));
    expect((await rejectionOf(store.loadTask('digits.v1'))).message).toMatch(/line 3, column \d+: /);
  });

  // A disk ran full: the error said "the header's length does not fit" and named no file.
  it('vectors of a strategy that were truncated, by their path', async () => {
    const store = await FileStore.open(folder);
    await store.saveTask(record(1, { velocity: Float32Array.of(1, 2, 3) }));
    const [name] = (await readdir(join(folder, 'tasks'))).filter((file) => file.endsWith('.safetensors'));
    const path = join(folder, 'tasks', name!);
    await writeFile(path, (await readFile(path)).subarray(0, 20));
    expect(await rejectionOf(store.loadTask('digits.v1'))).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining(path) as string,
      hint: expect.stringContaining('from a copy') as string,
    });
  });

  it.each(['null', '7', '{"round":1}', '[]'])('a journal with a line that is not a report: %s', async (line) => {
    await writeFile(join(folder, 'rounds.jsonl'), `{"task":"a"}\n${line}\n`);
    expect(await rejectionOf(FileStore.open(folder))).toMatchObject({
      code: 'config-unreadable',
      message: `${join(folder, 'rounds.jsonl')}: line 2 is not a round report`,
    });
  });

  it('a file that cannot be read, by its path', async () => {
    await mkdir(join(folder, 'rounds.jsonl'));
    expect(await rejectionOf(FileStore.open(folder))).toMatchObject({
      code: 'config-unreadable',
      message: `${join(folder, 'rounds.jsonl')} cannot be read (EISDIR)`,
      hint: expect.stringContaining('move the file away') as string,
    });
  });

  it('a record whose vectors are gone', async () => {
    const store = await FileStore.open(folder);
    await store.saveTask(record(1, { velocity: Float32Array.of(1) }));
    const [name] = (await readdir(join(folder, 'tasks'))).filter((file) => file.endsWith('.safetensors'));
    await rm(join(folder, 'tasks', name!));
    expect(await rejectionOf(store.loadTask('digits.v1'))).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining(name!) as string,
    });
  });

  it('a journal that is damaged in the middle', async () => {
    await writeFile(join(folder, 'rounds.jsonl'), '{"task":"a"}\nrubbish\n{"task":"a"}\n');
    expect(await rejectionOf(FileStore.open(folder))).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining('line 2') as string,
    });
  });

  it('a folder that is a file', async () => {
    await writeFile(join(folder, 'taken'), '');
    expect(await rejectionOf(FileStore.open(join(folder, 'taken')))).toMatchObject({
      code: 'folder-unwritable',
      message: `the folder ${join(folder, 'taken')} cannot be written (a file is in its place, EEXIST)`,
    });
  });
});
