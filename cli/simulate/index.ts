import { Command, CommanderError } from 'commander';
import { CairnError } from '../../protocol/errors.ts';
import { data, EXIT } from '../io.ts';
import { nearestWord } from '../../protocol/suggest.ts';
import { addSharedOptions, runWith, type SharedFlags } from './execute.ts';
import { list } from './list.ts';
import { findExperiment, moduleOf } from './find.ts';
import { flagsOf, settingsOf } from './setting-options.ts';
import { readConfig } from '../../simulations/laboratory/index.ts';

/**
 * Runs `cairn simulate …`.
 * @param args the arguments after `simulate`
 * @returns the exit code
 * @throws CairnError `usage`, and whatever the run throws
 */
export async function simulate(args: readonly string[]): Promise<number> {
  const named = args.length > 0 && !args[0]!.startsWith('-') ? args[0] : undefined;
  return named === undefined ? withoutName(args) : withName(named, args.slice(1));
}

/** Without an experiment's name: lists them, or runs the one recorded in a folder. */
async function withoutName(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const command = addSharedOptions(new Command('cairn simulate'))
    .description('Simulation experiments. cairn simulate NAME --help shows the settings of one.')
    .action(async (flags: SharedFlags) => {
      const folder = flags.resume ?? flags.again;
      if (folder === undefined) await list(flags.json === true);
      else code = await runRecorded(folder, flags);
    });
  return parse(command, args, () => code);
}

async function runRecorded(folder: string, flags: SharedFlags): Promise<number> {
  const { experiment, module } = await readConfig(folder);
  const found = await findExperiment(module ?? experiment);
  return runWith(found, flags, settingsOf(found, flags), module);
}

async function withName(name: string, args: readonly string[]): Promise<number> {
  const experiment = await findExperiment(name);
  let code: number = EXIT.ok;
  const command = addSharedOptions(new Command(`cairn simulate ${experiment.name}`))
    .description(experiment.title)
    .action(async (flags: SharedFlags) => {
      code = await runWith(experiment, flags, settingsOf(experiment, flags), moduleOf(name));
    });
  for (const option of flagsOf(experiment)) command.addOption(option);
  return parse(command, args, () => code);
}

async function parse(command: Command, args: readonly string[], code: () => number): Promise<number> {
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => undefined, writeOut: (text) => data(text.trimEnd()) });
  try {
    await command.parseAsync([...args], { from: 'user' });
    return code();
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT.ok;
    throw new CairnError('usage', message(thrown, command), { hint: `see ${command.name()} --help` });
  }
}

/** Commander suggests for options by edit distance too, but not across cases and hyphens. */
function message(error: CommanderError, command: Command): string {
  const text = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const unknown = /^unknown option '(--[^']*)'$/.exec(text)?.[1];
  if (unknown === undefined) return text;
  const known = command.options.map(({ long }) => long ?? '');
  const nearest = nearestWord(unknown, known);
  return nearest === undefined ? text : `${text}; did you mean "${nearest}"?`;
}
