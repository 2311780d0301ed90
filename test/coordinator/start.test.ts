import { chmod, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { createCoordinator, FileStore, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { ERROR_CODES } from '../../protocol/errors.ts';
import { encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { closeAll, membership, openHall, SHAPES, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';

afterEach(closeAll);

const tensors = { b: Float32Array.of(1, 2), w: Float32Array.of(3, 4, 5, 6) };

describe('a coordinator starts', () => {
  it('from a model file', async () => {
    const file = join(await temporaryFolder(), 'start.safetensors');
    await writeFile(file, encodeSafetensors(tensors, SHAPES));
    const hall = await openHall({ model: { file } });
    expect(hall.coordinator.model('toy')).toEqual(tensors);
  });

  it('from a model that it is given, before the configuration’s', async () => {
    const hall = await openHall({}, { initialModels: { toy: { tensors, shapes: SHAPES } } });
    expect(hall.coordinator.model('toy')).toEqual(tensors);
  });

  it('from shapes and a seed, always the same model', async () => {
    const hashOf = async (seed: number): Promise<string> =>
      (await openHall({ model: { tensors: SHAPES, seed } })).coordinator.tasks[0]!.modelHash;
    expect(await hashOf(1)).toBe(await hashOf(1));
    expect(await hashOf(1)).not.toBe(await hashOf(2));
  });

  it('with its data in the folder of the configuration', async () => {
    const dataDir = join(await temporaryFolder(), 'deep', 'data');
    const config = parseConfig({
      port: 0,
      logLevel: 'silent',
      dataDir,
      tasks: [
        {
          name: 'toy',
          model: { tensors: SHAPES },
          rounds: 1,
          cohort: 3,
          adversary: 'curious',
          unsafeOpenEnrolment: true,
        },
      ],
    });
    const coordinator = await createCoordinator({ config });
    await coordinator.stop();
    expect(await readdir(join(dataDir, 'models'))).toEqual([`${coordinator.tasks[0]!.modelHash}.safetensors`]);
    expect(await readdir(join(dataDir, 'tasks'))).toEqual(['toy.json']);
  });

  it('hands out copies of its model', async () => {
    const hall = await openHall({}, { initialModels: { toy: { tensors, shapes: SHAPES } } });
    hall.coordinator.model('toy')!.b!.fill(0);
    expect(hall.coordinator.model('toy')).toEqual(tensors);
    expect(hall.coordinator.model('none')).toBeUndefined();
  });
});

/** A safetensors file of one tensor, whose values are zeros. */
function fileOf(dtype: string, shape: readonly number[], bytes: number): Uint8Array {
  const header = JSON.stringify({ x: { dtype, shape, data_offsets: [0, bytes] } });
  const file = new Uint8Array(8 + header.length + bytes);
  new DataView(file.buffer).setUint32(0, header.length, true);
  file.set(new TextEncoder().encode(header), 8);
  return file;
}

describe('a coordinator that cannot start says why', () => {
  it('the port is taken', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    expect(await rejectionOf(openHall({}, { config: { port } }))).toMatchObject({
      code: 'port-in-use',
      message: `another program listens on 127.0.0.1:${port}`,
    });
    blocker.close();
  });

  it('the host is not this machine’s', async () => {
    expect(await rejectionOf(openHall({}, { config: { host: '192.0.2.1', unsafePlainHttp: true } }))).toMatchObject({
      code: 'config-invalid',
    });
  });

  it('there is no model', async () => {
    expect(await rejectionOf(openHall({ model: undefined }))).toMatchObject({
      code: 'config-invalid',
      message: 'task "toy": a model is missing',
    });
  });

  it.each<[string, Uint8Array | string | undefined, string, string]>([
    ['is missing', undefined, 'model-malformed', 'no such file'],
    ['is empty', '', 'model-malformed', '0'],
    ['is no model', 'rubbish that is long enough', 'model-malformed', 'header'],
    ['holds complex numbers', fileOf('C64', [1], 8), 'model-unsupported', 'C64'],
    ['holds no floats', fileOf('I64', [1], 8), 'model-unsupported', 'nothing to train'],
  ])('the model file %s: one exit code, and the path', async (_, content, code, words) => {
    const file = join(await temporaryFolder(), 'bad.safetensors');
    if (content !== undefined) await writeFile(file, content);
    const error = await rejectionOf(openHall({ model: { file } }));
    expect(error.code).toBe(code);
    expect(ERROR_CODES[error.code].exit).toBe(3);
    expect(error.message).toContain(file);
    expect(error.message).toContain(words);
  });

  it('the model file is a folder', async () => {
    const file = await temporaryFolder();
    const error = await rejectionOf(openHall({ model: { file } }));
    expect(error).toMatchObject({ code: 'model-malformed' });
    expect(error.message).toContain(file);
  });

  it('the first model is not finite', async () => {
    const broken = { ...tensors, b: Float32Array.of(1, Number.NaN) };
    const given = { initialModels: { toy: { tensors: broken, shapes: SHAPES } } };
    const error = await rejectionOf(openHall({}, given));
    expect(error).toMatchObject({ code: 'model-malformed' });
    expect(error.message).toContain('tensor "b"');
  });

  it('the stored model has other shapes', async () => {
    const store = new MemoryStore();
    const first = await openHall({}, { store });
    await first.coordinator.stop();
    expect(await rejectionOf(openHall({ model: { tensors: { w: [3] } } }, { store }))).toMatchObject({
      code: 'config-invalid',
      message: 'task "toy": the stored model’s tensors differ from those in the configuration',
    });
  });

  it('the stored model is gone', async () => {
    const folder = await temporaryFolder();
    const first = await openHall({}, { store: await FileStore.open(folder) });
    const { modelHash } = first.coordinator.tasks[0]!;
    await first.coordinator.stop();
    await writeFile(join(folder, 'models', `${modelHash}.safetensors`), 'short');
    const store = await FileStore.open(folder);
    expect(await rejectionOf(openHall({}, { store }))).toMatchObject({ code: 'model-malformed' });
  });

  it('the directory is missing, or another authority’s', async () => {
    const file = join(await temporaryFolder(), 'members.bin');
    const directory = { file, authorityKey: '11'.repeat(32) };
    expect(await rejectionOf(openHall({}, { config: { directory } }))).toMatchObject({ code: 'config-unreadable' });
    await writeFile(file, membership.signed);
    expect(await rejectionOf(openHall({}, { config: { directory } }))).toMatchObject({ code: 'directory-signature' });
  });

  // The error for a half-copied file spoke of a peer, and that it is safe to send it again.
  it.each([20, 200])(
    'the directory is cut to %d bytes: its path is named, and where another copy is',
    async (length) => {
      const file = join(await temporaryFolder(), 'members.bin');
      await writeFile(file, membership.signed.subarray(0, length));
      const directory = { file, authorityKey: toHex(membership.authority.publicKey) };
      const error = await rejectionOf(openHall({}, { config: { directory } }));
      expect(error.message).toContain(file);
      expect(error.hint).toContain('copy members.directory from the authority’s folder again');
      expect(ERROR_CODES[error.code].exit).toBe(3);
    },
  );

  it('the folder cannot be written', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await chmod(folder, 0o700);
    const config = parseConfig({
      port: 0,
      dataDir: join(folder, 'file', 'data'),
      tasks: [
        {
          name: 'toy',
          model: { tensors: SHAPES },
          rounds: 1,
          cohort: 3,
          adversary: 'curious',
          unsafeOpenEnrolment: true,
        },
      ],
    });
    expect(await rejectionOf(createCoordinator({ config }))).toMatchObject({ code: 'folder-unwritable' });
  });
});
