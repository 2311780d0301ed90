import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../coordinator/index.ts';
import { ERROR_CODES } from '../../protocol/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { unstamped } from '../../protocol/model/stamp.ts';
import { closeAll, type Hall, openHall, SHAPES, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';

afterEach(closeAll);

/** The most that a model may have. */
const MAX_PARAMETERS = 2 ** 28 - 1024;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What PyTorch writes for a small model with batch norm in half precision. */
const PARTS: Readonly<Record<string, Entry>> = {
  'norm.num_batches_tracked': { dtype: 'I64', shape: [], bytes: Uint8Array.of(0xd2, 4, 0, 0, 0, 0, 0, 0) },
  b: { dtype: 'F16', shape: [2], bytes: Uint8Array.of(0, 0x3c, 0, 0xc0) },
  mask: { dtype: 'BOOL', shape: [3], bytes: Uint8Array.of(1, 0, 1) },
  w: { dtype: 'BF16', shape: [2, 2], bytes: Uint8Array.of(0x80, 0x3f, 0, 0, 0x49, 0x40, 0x80, 0xbf) },
};
const KEPT = { 'norm.num_batches_tracked': PARTS['norm.num_batches_tracked'], mask: PARTS.mask };

function headerOf(parts: Readonly<Record<string, Omit<Entry, 'bytes'> & { size: number }>>): Uint8Array {
  let at = 0;
  const entries = Object.entries(parts).map(
    ([name, { dtype, shape, size }]) => [name, { dtype, shape, data_offsets: [at, (at += size)] }] as const,
  );
  const text = new TextEncoder().encode(
    JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }),
  );
  const head = new Uint8Array(8 + text.length);
  new DataView(head.buffer).setUint32(0, text.length, true);
  head.set(text, 8);
  return head;
}

async function foreignFile(folder: string): Promise<string> {
  const sizes = Object.entries(PARTS).map(([name, entry]) => [name, { ...entry, size: entry.bytes.length }] as const);
  const file = join(folder, 'foreign.safetensors');
  await writeFile(
    file,
    Buffer.concat([headerOf(Object.fromEntries(sizes)), ...Object.values(PARTS).map(({ bytes }) => bytes)]),
  );
  return file;
}

async function commitRounds(hall: Hall): Promise<void> {
  await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
  await hall.coordinator.finished;
  expect(hall.faults).toEqual([]);
}

describe('a model of another program', () => {
  it('is trained as floats, and untrained tensors are unchanged in every file', async () => {
    const folder = await temporaryFolder();
    const model = { file: await foreignFile(folder) };
    const hall = await openHall({ model, rounds: 2 }, { store: await FileStore.open(folder) });
    expect(hall.coordinator.model('toy')).toEqual({
      b: Float32Array.of(1, -2),
      w: Float32Array.of(1, 0, 3.140625, -1),
    });
    const hashes = [hall.coordinator.tasks[0]!.modelHash];
    await commitRounds(hall);
    hashes.push(...hall.reports.map(({ modelHash }) => modelHash));
    expect(new Set(hashes).size).toBe(3);
    for (const hash of hashes) {
      const { kept, shapes, metadata } = decodeSafetensors(
        await readFile(join(folder, 'models', `${hash}.safetensors`)),
      );
      expect(shapes).toEqual(SHAPES);
      expect(kept).toEqual(KEPT);
      // Nothing of the task, the round or the day: equal models have equal hashes.
      expect(metadata).toEqual({ format: 'pt' });
    }
  });

  it('continues after a restart with its untrained tensors', async () => {
    const folder = await temporaryFolder();
    const model = { file: await foreignFile(folder) };
    const first = await openHall({ model, rounds: 1 }, { store: await FileStore.open(folder) });
    await commitRounds(first);
    await first.coordinator.stop();
    const second = await openHall({ model, rounds: 2 }, { store: await FileStore.open(folder) });
    await commitRounds(second);
    const { modelHash } = second.coordinator.tasks[0]!;
    const file = await readFile(join(folder, 'models', `${modelHash}.safetensors`));
    expect(decodeSafetensors(file).kept).toEqual(KEPT);
  });

  it.each([
    ['NaN', Uint8Array.of(0, 0x7e)],
    ['an infinite value', Uint8Array.of(0, 0x7c)],
  ])('is refused for %s in half precision, by the tensor’s name', async (_, bytes) => {
    const file = join(await temporaryFolder(), 'broken.safetensors');
    await writeFile(file, Buffer.concat([headerOf({ x: { dtype: 'F16', shape: [], size: 2 } }), bytes]));
    const error = await rejectionOf(openHall({ model: { file } }));
    expect(error).toMatchObject({ code: 'model-malformed' });
    expect(error.message).toMatch(/tensor "x".*broken\.safetensors/);
  });

  it('is refused for a double that no float can represent', async () => {
    const file = join(await temporaryFolder(), 'double.safetensors');
    const bytes = new Uint8Array(Float64Array.of(1e300).buffer);
    await writeFile(file, Buffer.concat([headerOf({ x: { dtype: 'F64', shape: [], size: 8 } }), bytes]));
    const error = await rejectionOf(openHall({ model: { file } }));
    expect(error.message).toContain('beyond 32-bit floats');
  });

  it('is refused if so much of it is untrained that no client would fetch it', async () => {
    const kept = { table: { dtype: 'U8', shape: [2 ** 25], bytes: new Uint8Array(2 ** 25) } };
    const tensors = { b: Float32Array.of(1, 2), w: new Float32Array(4) };
    const given = { initialModels: { toy: { tensors, shapes: SHAPES, kept } } };
    const error = await rejectionOf(openHall({}, given));
    expect(error).toMatchObject({ code: 'model-unsupported' });
    expect(ERROR_CODES[error.code].exit).toBe(3);
  });
});

describe('a copy of a task’s model', () => {
  const latest = async (folder: string): Promise<ReturnType<typeof decodeSafetensors>> =>
    decodeSafetensors(await readFile(join(folder, 'latest', 'toy.safetensors')));

  it('names task, round, date, model hash and version, and contains the file with that hash', async () => {
    const folder = await temporaryFolder();
    const clock = (): number => 1_700_000_000;
    const given = { store: await FileStore.open(folder), clock };
    const hall = await openHall({ model: { file: await foreignFile(folder) } }, given);
    const begun = hall.coordinator.tasks[0]!.modelHash;
    expect((await latest(folder)).metadata).toEqual({
      format: 'pt',
      'cairn.task': 'toy',
      'cairn.round': '0',
      'cairn.date': '2023-11-14T22:13:20.000Z',
      'cairn.modelHash': begun,
      'cairn.version': '1.2.3',
    });
    await commitRounds(hall);
    const { modelHash } = hall.coordinator.tasks[0]!;
    const { tensors, shapes, metadata, kept } = await latest(folder);
    expect(metadata).toMatchObject({ 'cairn.round': '1', 'cairn.modelHash': modelHash });
    const named = await readFile(join(folder, 'models', `${modelHash}.safetensors`));
    expect(encodeSafetensors(tensors, shapes, unstamped(metadata), kept)).toEqual(new Uint8Array(named));
  });

  it('is written again after a crash before it, with the date of the commit', async () => {
    const folder = await temporaryFolder();
    const start = async (now: number): Promise<Hall> =>
      openHall({}, { store: await FileStore.open(folder), clock: () => now });
    const hall = await start(1_700_000_000);
    await commitRounds(hall);
    await hall.coordinator.stop();
    const whole = await readFile(join(folder, 'latest', 'toy.safetensors'));
    await writeFile(join(folder, 'latest', 'toy.safetensors'), 'old');
    await start(1_800_000_000);
    expect(await readFile(join(folder, 'latest', 'toy.safetensors'))).toEqual(whole);
  });

  it('can start another task, and names nothing of the first task then', async () => {
    const folder = await temporaryFolder();
    const hall = await openHall({}, { store: await FileStore.open(folder) });
    const { modelHash } = hall.coordinator.tasks[0]!;
    const other = await openHall({ model: { file: join(folder, 'latest', 'toy.safetensors') } });
    expect(other.coordinator.tasks[0]!.modelHash).toBe(modelHash);
  });
});

describe('a model beyond the bound is refused at once, with the bound', () => {
  // The first try of a user took 61 seconds and a gigabyte, and ended with another error.
  const expectTooLarge = async (model: unknown): Promise<void> => {
    const before = process.memoryUsage().arrayBuffers;
    const error = await rejectionOf(openHall({ model }));
    expect(error).toMatchObject({ code: 'model-too-large' });
    expect(error.message).toContain(String(MAX_PARAMETERS));
    expect(ERROR_CODES[error.code].exit).toBe(3);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
  };

  it('that the configuration declares', async () => {
    await expectTooLarge({ tensors: { w: [20_000, 20_000] } });
    await expectTooLarge({ tensors: { w: [2 ** 40, 2 ** 40] } });
  });

  it('that a file holds, of which the header alone is read', async () => {
    const size = 4 * (MAX_PARAMETERS + 1);
    const file = join(await temporaryFolder(), 'huge.safetensors');
    const head = headerOf({ w: { dtype: 'F32', shape: [MAX_PARAMETERS + 1], size } });
    const handle = await open(file, 'w');
    await handle.write(head);
    // A hole: the file takes no room on the disk.
    await handle.truncate(head.length + size);
    await handle.close();
    expect((await stat(file)).size).toBe(head.length + size);
    await expectTooLarge({ file });
  });
});
