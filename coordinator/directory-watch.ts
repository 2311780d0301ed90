import { CairnError } from '../protocol/errors.ts';
import { DirectoryEnd } from './directory-end.ts';
import { DirectoryFile } from './directory-file.ts';
import type { Seats } from './gateway/index.ts';
import type { Log } from './log.ts';
import type { Resources } from './resources.ts';

/**
 * Takes newer directories from the members' file from now on: who is in it no more loses its seat. Speaks up in the log
 * while the one that holds is near its end.
 * @returns what ends the watch; undefined where there is no directory
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
      seats.expel(gone, (member) => new CairnError('identity-unknown', `member ${member} is enrolled no more`));
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
