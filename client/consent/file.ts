import { CairnError } from '../../protocol/errors.ts';
import { jsonFault } from '../../protocol/json.ts';
import { assertOptions } from '../../protocol/options.ts';
import { locked, readIfThere, replacePrivate } from '../../platform/index.ts';
import { noteRounds, roundsNoted } from '../enrolment/node.ts';
import { recordFrom, recordText } from './format.ts';
import type { ConsentMemory } from './memory.ts';
import { type ConsentRecord, NO_RECORD } from './record.ts';

/** The file that remembers an identity's rounds: beside its identity file. */
export const consentPath = (identityFile: string): string => `${identityFile}.rounds`;

/** Options of a memory in a file. */
export interface ConsentFileOptions {
  /**
   * The identity file whose rounds these are. The first change is recorded in it, so that a memory that is lost later
   * is noticed: otherwise a client would believe that it never took part.
   */
  readonly identityFile?: string;
}

/**
 * Remembers rounds in a file that only its owner can read: which members' updates were summed together is private. A
 * file that cannot be read, or that is missing although the identity file says that there was one, stops the client
 * from taking part: it would send what it must not send twice. A process that hung so long that another took over its
 * lock writes nothing: what the other recorded stays.
 * @throws CairnError `config-unknown-key`, `config-invalid` for invalid options; when it is used, `memory-lost` if it is
 * missing or in another format, `config-unreadable`, `folder-unwritable`, `lock-lost`, and whatever reading the identity
 * file throws
 */
export function consentInFile(path: string, options: ConsentFileOptions = {}): ConsentMemory {
  assertOptions<ConsentFileOptions>('options of consentInFile', options, { identityFile: 'string' });
  const { identityFile } = options;
  let noted = identityFile === undefined;
  return {
    read: () => read(path, identityFile),
    change: (edit) =>
      locked(path, async (lock) => {
        const text = recordText(edit(await read(path, identityFile)));
        await replacePrivate(path, text, () => lock.assertHeld());
        if (noted || identityFile === undefined) return;
        await lock.assertHeld();
        await noteRounds(identityFile);
        noted = true;
      }),
  };
}

/**
 * Begins a new memory after the previous one was lost, on a person's instruction: what was sent before can no longer be
 * known. An existing file is left alone, whatever it contains.
 * @throws CairnError `folder-unwritable`, `config-unreadable`, `lock-lost`
 */
export function acceptLostMemory(path: string): Promise<void> {
  return locked(path, async (lock) => {
    if ((await textOf(path)) !== undefined) return;
    await replacePrivate(path, recordText(NO_RECORD), () => lock.assertHeld());
  });
}

async function read(path: string, identityFile: string | undefined): Promise<ConsentRecord> {
  const text = await textOf(path);
  if (text === undefined) {
    if (identityFile === undefined || !(await roundsNoted(identityFile))) return NO_RECORD;
    throw new CairnError('memory-lost', `${path} is missing, but ${identityFile} has taken part in rounds`);
  }
  const record = recordFrom(text);
  if (record !== undefined) return record;
  const fault = jsonFault(text);
  const cut = fault === undefined ? '' : `: line ${fault.line}, column ${fault.column}: ${fault.message}`;
  throw new CairnError('memory-lost', `${path} is not a record of rounds taken part in${cut}`, {
    hint: 'put the same file back, never an older copy; if it is lost, remove it and join once with --accept-lost-memory',
  });
}

async function textOf(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(
    path,
    (cause) => new CairnError('config-unreadable', `${path}: ${cause.message}`, { cause }),
  );
  return bytes && Buffer.from(bytes).toString('utf8');
}
