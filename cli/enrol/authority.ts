import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createPrivate, readPrivate } from '../../platform/index.ts';
import {
  fromHex,
  generateIdentity,
  identityFrom,
  type KeyPair,
  systemRandom,
  toHex,
} from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { openDirectory, type SignedDirectory } from '../../protocol/wire/index.ts';

const format = z.strictObject({ kind: z.literal('authority'), seed: z.string().regex(/^[0-9a-f]{64}$/) });

/** Path of an authority's secret key. */
const keyFile = (folder: string): string => join(folder, 'authority.key.json');

/** Path of the latest directory signed by an authority. */
export const directoryFile = (folder: string): string => join(folder, 'members.directory');

/**
 * Creates an authority's key in a folder that has none.
 * @throws CairnError `config-invalid` if there is one already, `folder-unwritable`
 */
export async function createAuthority(folder: string): Promise<KeyPair> {
  const keys = generateIdentity(nodePrimitives, systemRandom);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CairnError('folder-unwritable', `${folder}: ${(cause as Error).message}`, { cause });
  }
  const content = { kind: 'authority', seed: toHex(keys.secretKey.expose()) };
  await createPrivate(keyFile(folder), `${JSON.stringify(content)}\n`);
  return keys;
}

/**
 * Reads the authority's key. The caller wipes it.
 * @throws CairnError `config-unreadable`, `key-file-mode`, `config-invalid`
 */
export async function openAuthority(folder: string): Promise<KeyPair> {
  const path = keyFile(folder);
  let text: string;
  try {
    text = await readPrivate(path);
  } catch (thrown) {
    if (!(thrown instanceof CairnError) || thrown.code !== 'config-unreadable') throw thrown;
    const hint = 'pass the authority’s folder with --folder, or create an authority: cairn enrol init';
    throw new CairnError('config-unreadable', thrown.message, { cause: thrown, hint });
  }
  // The details are not shown: the file contains a secret.
  const invalid = new CairnError('config-invalid', `${path} is not an authority’s key, or is truncated`, {
    hint: 'restore exactly this file from a copy: without it no member can be enrolled, and members must pin another authority',
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid;
  }
  const parsed = format.safeParse(value);
  if (!parsed.success) throw invalid;
  const seed = fromHex(parsed.data.seed);
  const keys = identityFrom(nodePrimitives, seed);
  seed.fill(0);
  return keys;
}

/**
 * Reads the latest directory signed by the authority, expired or not.
 * @throws CairnError `config-unreadable`, `directory-signature`, naming the file
 */
export async function readDirectory(folder: string, authorityKey: Uint8Array): Promise<SignedDirectory> {
  const path = directoryFile(folder);
  let signed: Uint8Array;
  try {
    signed = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new CairnError('config-unreadable', `${path}: ${(cause as Error).message}`, {
      cause,
      hint: 'restore the latest one: a coordinator serves it at /v1/directory',
    });
  }
  try {
    return openDirectory(nodePrimitives, authorityKey, signed);
  } catch (cause) {
    const { code, message } = asCairnError(cause);
    const damaged = code.startsWith('wire-');
    throw new CairnError(damaged ? 'config-unreadable' : code, `${path}: ${message}`, {
      cause,
      hint: 'it is truncated or modified, or another authority’s; restore the latest one: a coordinator serves it at /v1/directory',
    });
  }
}
