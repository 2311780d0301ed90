import { CairnError } from '../protocol/errors.ts';
import { DirectoryEnd } from './directory-end.ts';
import { DirectoryFile } from './directory-file.ts';
import type { Seats } from './gateway/index.ts';
import type { Log } from './log.ts';
import type { Resources } from './resources.ts';

/**
 * Loads newer versions of the member directory from now on: members that are no longer in it lose their seats. Logs
 * warnings while the one in force is about to expire.
 * @returns what ends the watch; undefined without a directory
 */
export function watchDirectory(
  { directory, members, clock }: Resources,
  seats: Seats,
  log: Log,
): { close(): void } | undefined {
  if (directory === undefined) return undefined;
  const end = new DirectoryEnd({
    notAfter: () => members.notAfter,
    clock,
    onSoon: (hours) => log.warn('directory-ends-soon', { hours }),
  });
  const file = new DirectoryFile({
    ...directory,
    members,
    onRenewed: (serial, gone) => {
      log.info('directory-renewed', { serial });
      end.look();
      seats.expel(gone, (member) => new CairnError('identity-unknown', `member ${member} is no longer enrolled`));
    },
    onRefused: ({ code }) => log.error('directory-refused', { code }),
  });
  file.watch();
  end.watch();
  return {
    close: () => {
      file.close();
      end.close();
    },
  };
}
