import { Command, CommanderError } from 'commander';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import { coordinatorCommand } from './commands/coordinator.ts';
import { dealerCommand } from './commands/dealer.ts';
import { demoCommand } from './commands/demo.ts';
import { enrolCommand } from './commands/enrol.ts';
import { explainCommand } from './commands/explain.ts';
import { joinCommand } from './commands/join.ts';
import { predictCommand } from './commands/predict.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { EXIT, fail } from './io.ts';
import { versionText } from './version.ts';

/**
 * Runs one command. Each loads its modules when it is called: a client does not need the coordinator. Data goes to
 * stdout, messages to stderr. Never throws: every failure is one line and an exit code (0 ok, 1 failed, 2 usage, 3
 * configuration, 4 not enough clients, 5 protocol abort, 130 interrupted).
 */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const done = (code: number): void => {
    exitCode = code;
  };
  const program = new Command('cairn')
    .description('Federated training with secure aggregation: the coordinator only ever learns a sum.')
    .version(await versionText(args))
    .option('--verbose', 'show stack traces of errors; with --version, what the program runs on')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addCommand(coordinatorCommand(done))
    .addCommand(joinCommand(done))
    .addCommand(demoCommand(done))
    .addCommand(enrolCommand(done))
    .addCommand(serveCommand(done))
    .addCommand(dealerCommand(done))
    .addCommand(predictCommand(done))
    .addCommand(simulateCommand(args, done))
    .addCommand(explainCommand(done));
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.ok;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return onCommander(thrown, program, args);
    return fail(asCairnError(thrown), args.includes('--verbose'));
  }
}

function onCommander(error: CommanderError, program: Command, args: readonly string[]): number {
  // Help and version are requested, and not errors.
  if (error.exitCode === 0) return EXIT.ok;
  const words = calledCommand(program, args);
  const hint = `see ${['cairn', ...words.map((command) => command.name())].join(' ')} --help`;
  const last = words.at(-1);
  if (error.code === 'commander.help' && last !== undefined) {
    const names = last.commands.map((command) => command.name()).join(', ');
    return fail(new CairnError('usage', `cairn ${last.name()} needs a command: ${names}`, { hint }), false);
  }
  return fail(new CairnError('usage', error.message.replace(/^error: /, '').replaceAll('\n', ' '), { hint }), false);
}

/** The command that is called, with those that it is a part of before it. */
function calledCommand(program: Command, args: readonly string[]): readonly Command[] {
  const words: Command[] = [];
  let left = args;
  for (let within = program; ;) {
    const at = left.findIndex((word) => within.commands.some((command) => command.name() === word));
    if (at < 0) return words;
    within = within.commands.find((command) => command.name() === left[at])!;
    words.push(within);
    left = left.slice(at + 1);
  }
}
