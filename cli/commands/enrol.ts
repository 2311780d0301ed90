import { Command, InvalidArgumentError, Option } from 'commander';
import type { IssueFlags, RenewFlags, RequestFlags } from '../enrol/index.ts';
import { days, term, type Term } from '../enrol/term.ts';
import { EXIT } from '../io.ts';
import { whole } from '../option-parsers.ts';

const FOLDER = '.cairn/authority';
const FOLDER_OPTION = ['--folder <dir>', 'the authority’s folder', FOLDER] as const;

/** Default days of a membership and of a directory. */
const YEAR = 365;
const QUARTER = 90;

/** An option for how long something is valid, whose default is shown as it would be typed. */
function lasting(flags: string, description: string, byDefault?: number): Option {
  const option = new Option(flags, `${description}: a span such as 90d, or a date such as 2027-01-31`).argParser(term);
  return byDefault === undefined ? option : option.default(days(byDefault), `${byDefault}d`);
}

function authorityKey(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidArgumentError('expected the 64 hex digits that cairn enrol init printed');
  }
  return text;
}

/** `cairn enrol`: manages members. A separate authority certifies members; the coordinator cannot. */
export function enrolCommand(done: (code: number) => void): Command {
  const load = () => import('../enrol/index.ts');
  const ended = (work: Promise<void>): Promise<void> => work.then(() => done(EXIT.ok));

  const init = new Command('init')
    .description('create an authority: its key, and a directory without members')
    .option(...FOLDER_OPTION)
    .addOption(lasting('--valid <time>', 'how long a signed directory is valid', QUARTER))
    .action(async (flags: { folder: string; valid: Term }) => ended((await load()).init(flags)));

  const request = new Command('request')
    .description('on a member’s machine: create its key, and a request to the authority')
    .argument('<name>', 'name of the member, for display')
    .requiredOption('--authority <key>', 'public key of the authority, which the member will pin', authorityKey)
    .option('--out <file>', 'identity file; the request is written next to it (default: NAME.identity.json)')
    .action(async (name: string, flags: RequestFlags) => ended((await load()).request(name, flags)));

  const issue = new Command('issue')
    .description('certify a member')
    .argument('<name>', 'name of the member')
    .option('--request <file>', 'the member’s own request; without it, its key is created here, where it can be copied')
    .option('--out <file>', 'identity file to create if there is no request (default: NAME.identity.json)')
    .addOption(lasting('--expires <time>', 'how long the membership is valid', YEAR))
    .option('--task <name...>', 'only these tasks')
    .option(...FOLDER_OPTION)
    .action(async (name: string, flags: IssueFlags) => ended((await load()).issue(name, flags)));

  const revoke = new Command('revoke')
    .description('remove a member from the directory')
    .argument('<who>', 'name or id')
    .option(...FOLDER_OPTION)
    .action(async (who: string, flags: { folder: string }) => ended((await load()).revoke(who, flags)));

  const renew = new Command('renew')
    .description('sign the directory again, and extend enrolments')
    .argument('[who...]', 'names or ids of members whose enrolment is extended; none: only the directory is renewed')
    .addOption(lasting('--expires <time>', 'how long they are members from now on', YEAR))
    .addOption(lasting('--valid <time>', 'how long the directory is valid (default: as long as the last one)'))
    .option('--serial <number>', 'serial number, if a backup has restored an older directory', whole(1))
    .option(...FOLDER_OPTION)
    .action(async (who: string[], flags: RenewFlags) => ended((await load()).renew(who, flags)));

  const ls = new Command('ls')
    .description('list the members')
    .option('--json', 'as JSON')
    .option(...FOLDER_OPTION)
    .action(async (flags: { folder: string; json?: boolean }) => ended((await load()).list(flags)));

  const enrol = new Command('enrol').description('manage the membership authority');
  for (const command of [init, request, issue, revoke, renew, ls]) {
    // Commands inherit these settings from `command()`, but not from `addCommand()`.
    enrol.addCommand(command.exitOverride().configureOutput({ writeErr: () => undefined }));
  }
  return enrol;
}
