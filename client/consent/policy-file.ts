import { readFile } from 'node:fs/promises';
import type { ClientPolicy } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';
import { parsePolicy } from './parse.ts';

/**
 * Reads a policy file: a JSON object with the fields of `ClientPolicy`. Omitted fields have their defaults.
 * @throws CairnError `config-unreadable`, `config-unknown-key` with the key that was probably meant, `config-invalid`
 * naming the field
 */
export async function readPolicyFile(path: string): Promise<Partial<ClientPolicy>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    if (reason === 'ENOENT') throw new CairnError('config-unreadable', `there is no policy file ${path}`, { cause });
    throw new CairnError('config-unreadable', `${path} cannot be read (${reason})`, { cause });
  }
  return parsePolicy(readJson(text, path), path);
}
