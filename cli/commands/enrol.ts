import { Command, InvalidArgumentError, Option } from 'commander';
import type { IssueFlags, RenewFlags, RequestFlags } from '../enrol/index.ts';
import { days, term, type Term } from '../enrol/term.ts';
import { EXIT } from '../io.ts';
import { whole } from '../option-parsers.ts';

const FOLDER = '.cairn/authority';
const FOLDER_OPTION = ['--folder <dir>', 'the authority’s folder', FOLDER] as const;

/** Days of a membership and of a directory where nothing else is said. */
const YEAR = 365;
const QUARTER = 90;

/** An option for how long something holds, whose default is shown as it would be written. */
function lasting(flags: string, description: string, byDefault?: number): Option {
  const option = new Option(flags, `${description}: a span such as 90d, or a date such as 2027-01-31`).argParser(term);
  return byDefault === undefined ? option : option.default(days(byDefault), `${byDefault}d`);
}

function authorityKey(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidArgumentError('expected the 64 hex digits that cairn enrol init has printed');
  }
  return text;
}

/** `cairn enrol`: who is a member. An authority of its own certifies members; the coordinator cannot. */
export function enrolCommand(done: (code: number) => void): Command {
  const load = () => import('../enrol/index.ts');
  const ended = (work: Promise<void>): Promise<void> => work.then(() => done(EXIT.ok));

  const init = new Command('init')
    .description('make an authority: its key, and a directory without members')
    .option(...FOLDER_OPTION)
    .addOption(lasting('--valid <time>', 'how long a signed directory is believed', QUARTER))
    .action(async (flags: { folder: string; valid: Term }) => ended((await load()).init(flags)));

  const request = new Command('request')
    .description('on a member’s machine: make its key, and a request to the authority')
    .argument('<name>', 'name of the member, for people')
    .requiredOption('--authority <key>', 'the authority’s public key, which the member will pin', authorityKey)
    .option('--out <file>', 'identity file; the request is written beside it (default: NAME.identity.json)')
    .action(async (name: string, flags: RequestFlags) => ended((await load()).request(name, flags)));

  const issue = new Command('issue')
    .description('certify a member')
    .argument('<name>', 'name of the member')
    .option('--request <file>', 'the member’s own request; without it, its key is made here, where it can be copied')
    .option('--out <file>', 'identity file to make where there is no request (default: NAME.identity.json)')
    .addOption(lasting('--expires <time>', 'how long it is a member', YEAR))
    .option('--task <name...>', 'only these tasks')
    .option(...FOLDER_OPTION)
    .action(async (name: string, flags: IssueFlags) => ended((await load()).issue(name, flags)));

  const revoke = new Command('revoke')
    .description('leave a member out of the directory from now on')
    .argument('<who>', 'name or id')
    .option(...FOLDER_OPTION)
    .action(async (who: string, flags: { folder: string }) => ended((await load()).revoke(who, flags)));

  const renew = new Command('renew')
    .description('sign the directory anew, and lengthen enrolments')
    .argument('[who...]', 'names or ids of members whose enrolment is lengthened; none: only the directory’s own time')
    .addOption(lasting('--expires <time>', 'how long they are members, from now on', YEAR))
    .addOption(lasting('--valid <time>', 'how long the directory is believed (default: as long as the last)'))
    .option('--serial <number>', 'serial number, where a backup has brought back an older directory', whole(1))
    .option(...FOLDER_OPTION)
    .action(async (who: string[], flags: RenewFlags) => ended((await load()).renew(who, flags)));

  const ls = new Command('ls')
    .description('list the members')
    .option('--json', 'as JSON')
    .option(...FOLDER_OPTION)
    .action(async (flags: { folder: string; json?: boolean }) => ended((await load()).list(flags)));

  const enrol = new Command('enrol').description('manage the membership authority');
  for (const command of [init, request, issue, revoke, renew, ls]) {
    // What a command inherits of these it has from `command()`, not from `addCommand()`.
    enrol.addCommand(command.exitOverride().configureOutput({ writeErr: () => undefined }));
  }
  return enrol;
}
