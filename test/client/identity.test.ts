import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, parseIdentity } from '../../client/enrolment/identity.ts';
import { readIdentity, writeIdentity } from '../../client/enrolment/node.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';

let folder: string;
let path: string;
let identity: Identity;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-identity-'));
  path = join(folder, 'me.json');
  identity = {
    member: 4_000_000_000,
    name: 'Ward 7 ✚',
    keys: generateIdentity(nodePrimitives, systemRandom),
    authorityKey: generateIdentity(nodePrimitives, systemRandom).publicKey,
  };
});

afterEach(() => rm(folder, { recursive: true }));

describe('identity files', () => {
  it('are read as they were written', async () => {
    await writeIdentity(path, identity);
    const read = await readIdentity(path);
    expect(read).toMatchObject({ member: 4_000_000_000, name: 'Ward 7 ✚', authorityKey: identity.authorityKey });
    expect(read.keys.publicKey).toEqual(identity.keys.publicKey);
    expect(read.keys.secretKey.expose()).toEqual(identity.keys.secretKey.expose());
  });

  it('belong to their owner alone', async () => {
    await writeIdentity(path, identity);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([0o640, 0o604, 0o660, 0o644, 0o610])('with rights for others are refused: %o', async (mode) => {
    await writeIdentity(path, identity);
    await chmod(path, mode);
    await expect(readIdentity(path)).rejects.toMatchObject({
      code: 'key-file-mode',
      message: expect.stringContaining(mode.toString(8)) as string,
      hint: expect.stringContaining('chmod 600') as string,
    });
  });

  it('that their owner may only read are fine', async () => {
    await writeIdentity(path, identity);
    await chmod(path, 0o400);
    expect((await readIdentity(path)).member).toBe(identity.member);
  });

  it('leave nothing beside them, written or refused', async () => {
    await writeIdentity(path, identity);
    await expect(writeIdentity(path, identity)).rejects.toMatchObject({ code: 'config-invalid' });
    expect(await readdir(folder)).toEqual(['me.json']);
  });

  it('are never overwritten', async () => {
    await writeFile(path, 'precious');
    await expect(writeIdentity(path, identity)).rejects.toMatchObject({ code: 'config-invalid' });
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('that are missing, or in a folder that is, are named', async () => {
    await expect(readIdentity(path)).rejects.toMatchObject({ code: 'config-unreadable' });
    await expect(writeIdentity(join(folder, 'no', 'me.json'), identity)).rejects.toMatchObject({
      code: 'folder-unwritable',
    });
  });
});

describe('parseIdentity', () => {
  const seed = 'ab'.repeat(32);
  const good = { member: 1, name: 'a', seed, authorityKey: 'cd'.repeat(32) };

  it.each([
    ['no JSON', `{"seed":"${seed}"`],
    ['a short seed', JSON.stringify({ ...good, seed: seed.slice(1) })],
    ['upper case', JSON.stringify({ ...good, seed: seed.toUpperCase() })],
    ['an unknown key', JSON.stringify({ ...good, [seed]: 1 })],
    ['a missing key', JSON.stringify({ ...good, authorityKey: undefined })],
    ['an id out of range', JSON.stringify({ ...good, member: 2 ** 32 })],
    ['a list', `["${seed}"]`],
  ])('refuses %s, without showing a seed', (what, text) => {
    try {
      parseIdentity(nodePrimitives, text);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'config-invalid' });
      expect(String(error).toLowerCase(), what).not.toContain(seed.slice(0, 16));
      expect(String(error), what).not.toMatch(/invalid input|expected number|received|unrecognized|unexpected/i);
    }
  });

  // What an engineer was told of a cut file: "identity, seed: Invalid input: expected string, received undefined".
  it.each<[string, string, string]>([
    ['cut', '{\n  "member": 7,\n  "name": "a', 'line 3, column 11: a string begins here and does not end'],
    ['without a seed', JSON.stringify({ ...good, seed: undefined }), 'seed must be a string, but is missing'],
    ['with a string as id', JSON.stringify({ ...good, member: '7' }), 'member must be a number, but is something else'],
    ['with more in it', JSON.stringify({ ...good, extra: 1 }), 'it has a field that does not belong there'],
    ['a list', '[]', 'it must be an object, but is something else'],
  ])('says what is wrong with a file that is %s, and what to do', async (_, text, words) => {
    await writeFile(path, text, { mode: 0o600 });
    await expect(readIdentity(path)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(new RegExp(`^${path.replaceAll('.', '\\.')} is .*${words}$`)) as string,
      hint: expect.stringContaining('restore the same file from a copy') as string,
    });
  });

  it('tells who has named the request instead', async () => {
    await writeFile(path, JSON.stringify({ kind: 'enrolment request', member: 1 }), { mode: 0o600 });
    await expect(readIdentity(path)).rejects.toMatchObject({ hint: expect.stringContaining('the request') as string });
  });
});
