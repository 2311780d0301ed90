import { Command } from 'commander';
import type { MakeFlags } from '../inference/dealer-make.ts';
import type { DealerFlags } from '../inference/dealer.ts';
import { addListening, addPlan } from '../inference/options.ts';
import { nestedOptions } from '../nested-options.ts';
import { whole } from '../option-parsers.ts';

/**
 * `cairn dealer`: deals correlated randomness to the two sides of a computation; `cairn dealer make` does so beforehand,
 * as two files.
 */
export function dealerCommand(done: (code: number) => void): Command {
  const make = new Command('make')
    .description('deal beforehand: one file for the model’s owner, one for the asker')
    .requiredOption('--model <file>', 'the model that will be served')
    .option('--batch <rows>', 'rows that a piece answers at once', whole(1, 65_535), 1)
    .option('--count <number>', 'pieces: questions that the two files serve', whole(1, 2 ** 24), 1000)
    .requiredOption('--out <file>', 'the owner’s file; the asker’s has .seeds after its name')
    .option('--json', 'print the result as a JSON line on stdout')
    .addHelpText(
      'after',
      '\nThe options from --protocol to --calibration must be those of cairn serve: the plan must be the same.',
    )
    .action(async (_: unknown, command: Command) => {
      const flags = nestedOptions(command) as MakeFlags;
      const { makeFiles } = await import('../inference/dealer-make.ts');
      done(await makeFiles(flags));
    });
  addPlan(make, 'chameleon');
  const dealer = new Command('dealer')
    .description('deal correlated randomness to both sides of private inference; run it where neither of them can look')
    .option('--json', 'print what happens as JSON lines on stdout')
    .action(async (flags: DealerFlags) => {
      const { dealer: run } = await import('../inference/dealer.ts');
      done(await run(flags));
    });
  addListening(dealer, 9444);
  // Commands inherit these settings from `command()`, but not from `addCommand()`.
  dealer.addCommand(make.exitOverride().configureOutput({ writeErr: () => undefined }));
  return dealer;
}
