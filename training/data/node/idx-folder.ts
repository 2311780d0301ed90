import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CairnError } from '../../../protocol/errors.ts';

/** The content of a file of a pair. */
export type IdxContent = 'images-idx3' | 'labels-idx1';

/** Maximum number of file names that a message lists. */
const LISTED = 8;

/** Names that the same file may have: compressed, or with a dot as some archives unpack it. */
function namesOf(stem: string, content: IdxContent): readonly string[] {
  const [what, rank] = content.split('-');
  const plain = [`${stem}-${what}-${rank}-ubyte`, `${stem}-${what}.${rank}-ubyte`];
  return plain.flatMap((name) => [name, `${name}.gz`]);
}

/**
 * Finds an IDX file in a folder, under its original name or a variant that archives and tools produce.
 * @param stem - the beginning of its name, such as `t10k`
 * @throws CairnError `data-missing`, which lists what is in the folder
 */
export async function idxFile(folder: string, stem: string, content: IdxContent, hint: string): Promise<string> {
  const path = resolve(folder);
  const names = namesOf(stem, content);
  let there: string[];
  try {
    there = (await readdir(path)).sort();
  } catch (cause) {
    throw new CairnError('data-missing', `there is no file ${join(path, names[0]!)}`, { hint, cause });
  }
  const name = names.find((each) => there.includes(each));
  if (name !== undefined) return join(path, name);
  throw new CairnError('data-missing', `there is no file ${join(path, names[0]!)}, nor ${names.slice(1).join(', ')}`, {
    hint: `${hint}; ${listed(there)}`,
  });
}

function listed(there: readonly string[]): string {
  // Of the many files that a folder may contain, only those that look like a data set are relevant.
  const idx = there.filter((name) => /idx|ubyte|mnist/i.test(name));
  const shown = (idx.length > 0 ? idx : there).slice(0, LISTED);
  if (shown.length === 0) return 'the folder is empty';
  const emnist = shown.some((name) => name.startsWith('emnist-')) ? ': loadEmnist reads those of EMNIST' : '';
  return `the folder has ${shown.join(', ')}${there.length > shown.length ? ' and others' : ''}${emnist}`;
}
