import { Command } from 'commander';

/**
 * `cairn simulate`: runs simulation experiments. The options depend on the experiment, so they are parsed once it is
 * loaded.
 * @param args the whole command line
 */
export function simulateCommand(args: readonly string[], done: (code: number) => void): Command {
  return new Command('simulate')
    .description('run a simulation experiment; without a name, list them')
    .usage('[experiment] [options]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => {
      const { simulate } = await import('../simulate/index.ts');
      done(await simulate(args.slice(args.indexOf('simulate') + 1).filter((arg) => arg !== '--verbose')));
    });
}
