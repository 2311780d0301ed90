import { unwatchFile, watchFile } from 'node:fs';
import { loadDirectory } from '../../coordinator/internal.ts';
import type { Access } from '../../inference/internal.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { asCairnError, type CairnError } from '../../protocol/errors.ts';
import { say } from '../io.ts';

/** Milliseconds between two checks of the file. */
const INTERVAL = 2000;

/** Members of a signed directory, whose file may be replaced by a newer one at any time. */
export interface MemberDirectory {
  readonly access: Access;
  readonly close: () => void;
}

/**
 * Loads a directory and takes over newer ones from the same file; an older or damaged one is said, and not taken.
 * @param authorityKey in hex
 * @throws CairnError `config-unreadable`, `directory-signature`, `directory-expired`
 */
export async function membersOf(file: string, authorityKey: string): Promise<MemberDirectory> {
  const load = () => loadDirectory(nodePrimitives, { file, authorityKey }, Math.floor(Date.now() / 1000));
  let { directory } = await load();
  const take = async (): Promise<void> => {
    const next = (await load()).directory;
    if (next.serial > directory.serial) {
      directory = next;
      say(`members: directory ${next.serial} is in force`);
    }
  };
  const changed = (): void => {
    void take().catch((thrown: unknown) => refused(asCairnError(thrown)));
  };
  watchFile(file, { interval: INTERVAL, persistent: false }, changed);
  return {
    access: {
      kind: 'members',
      get directory() {
        return directory;
      },
    },
    close: () => unwatchFile(file, changed),
  };
}

function refused({ message, code }: CairnError): void {
  say(`members: the previous directory stays in force: ${message} [${code}]`);
}
