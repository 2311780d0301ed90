import { Command, Option } from 'commander';
import type { DemoFlags } from '../demo/options.ts';
import { positive, whole } from '../option-parsers.ts';

/**
 * `cairn demo`, which `npm start` runs: a coordinator and client processes on real MNIST, some of which are killed
 * during the run.
 */
export function demoCommand(done: (code: number) => void): Command {
  return new Command('demo')
    .description('train on MNIST across client processes, some of which are killed during the run')
    .option('--clients <number>', 'client processes', whole(1, 200), 8)
    .option('--rounds <number>', 'rounds to commit', whole(1, 1000), 8)
    .option('--kill <number>', 'clients to kill with SIGKILL (default: 2, or fewer of a few clients)', whole(0, 200))
    .option('--seed <number>', 'seed of the model, shards and local training', whole(0), 1)
    .addOption(new Option('--model <kind>', 'network').choices(['mlp', 'cnn']).default('mlp'))
    .addOption(
      new Option('--partition <kind>', 'how the images are distributed').choices(['iid', 'dirichlet']).default('iid'),
    )
    .option('--alpha <number>', 'concentration of the Dirichlet partition: small is uneven', positive, 0.5)
    .option('--out <folder>', 'folder for the run folder', 'runs')
    .option('--port <number>', 'port of the coordinator; 0 picks a free one', whole(0, 65_535), 0)
    .action(async (options: DemoFlags) => {
      const { runDemo } = await import('../demo/index.ts');
      done(await runDemo(options));
    });
}
