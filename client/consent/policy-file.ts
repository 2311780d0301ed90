import type { ClientPolicy } from '../../protocol/rounds/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';
import { readTextIfThere } from '../../platform/index.ts';
import { parsePolicy } from './parse.ts';

/**
 * Reads a policy file: a JSON object with the fields of `ClientPolicy`. Omitted fields have their defaults.
 * @throws CairnError `config-unreadable`, `config-unknown-key` with the key that was probably meant, `config-invalid`
 * naming the field
 */
export async function readPolicyFile(path: string): Promise<Partial<ClientPolicy>> {
  const text = await readTextIfThere(path, (cause) => {
    return new CairnError('config-unreadable', `${path} cannot be read (${cause.code ?? 'unknown reason'})`, { cause });
  });
  if (text === undefined) throw new CairnError('config-unreadable', `there is no policy file ${path}`);
  return parsePolicy(readJson(text, path), path);
}
