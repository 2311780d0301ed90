import { Command } from 'commander';

/**
 * `cairn simulate`: the experiments of the laboratory. What follows the name depends on the experiment, so its options
 * are read once it is loaded.
 * @param args the whole command line
 */
export function simulateCommand(args: readonly string[], done: (code: number) => void): Command {
  return new Command('simulate')
    .description('run an experiment of the laboratory; without a name, list them')
    .usage('[experiment] [options]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => {
      const { simulate } = await import('../simulate/index.ts');
      done(await simulate(args.slice(args.indexOf('simulate') + 1).filter((arg) => arg !== '--verbose')));
    });
}
