import { Command, InvalidArgumentError, Option } from 'commander';
import { CairnError } from '../../protocol/errors.ts';
import type { SplitFlags } from '../inference/halves.ts';
import { addListening, addPlan } from '../inference/options.ts';
import type { SharesFlags } from '../inference/serve-shares.ts';
import type { ServeFlags } from '../inference/serve.ts';
import { nestedOptions } from '../nested-options.ts';
import { whole } from '../option-parsers.ts';

const HELP = `
MODEL is a safetensors file, or ONNX. Models of npm start say which layers they have; for others pass --network
FILE.json, see docs/serving.md of the package. Layers: dense, conv2d, maxPool, averagePool, relu, square, sigmoid, tanh,
flatten, argmax.

Both sides need correlated randomness from a dealer that both trust:
  --dealer URL    cairn dealer runs there; the asker must name the same one
  --dealer FILE   the owner's file of cairn dealer make; the asker has FILE.seeds, and each piece answers once

With --protocol secureml two servers answer together, and neither sees the model: cairn serve split MODEL makes a file
for each. Start b first; a reaches it. A dealer is optional there: server b has FILE and server a FILE.seeds.

Every answer tells something of the weights: bound them by identity with --directory and --max-queries.`;

/** What the command line may say; which of it is needed depends on whether a model or a half of one is served. */
type Flags = Omit<ServeFlags, 'shares'> & Partial<Pick<SharesFlags, 'shares' | 'role' | 'peer'>>;

/** `cairn serve MODEL`: answers questions to a model without seeing them, until it is interrupted. */
export function serveCommand(done: (code: number) => void): Command {
  const split = new Command('split')
    .description('split a model for two servers (secureml), neither of which then has it')
    .argument('<model>', 'the model: safetensors or ONNX')
    .requiredOption('--out <folder>', 'folder of the two files, a.shares and b.shares')
    .option('--name <name>', 'the model’s name, and the task that members must be enrolled for (default: its own)')
    .option('--json', 'print the result as a JSON line on stdout')
    .action(async (model: string, _: unknown, command: Command) => {
      const flags = nestedOptions(command) as SplitFlags;
      const { split: run } = await import('../inference/halves.ts');
      done(await run(model, flags));
    });
  addPlan(split, 'secureml');
  const serve = new Command('serve')
    .description('answer questions to your model privately: you do not see them, and the asker does not see the model')
    .argument('[model]', 'the model: safetensors or ONNX')
    .option('--dealer <url or file>', 'where correlated randomness comes from, see below')
    .option('--name <name>', 'the model’s name, and the task that members must be enrolled for (default: its own)')
    .option('--max-batch <rows>', 'rows that are answered at once', whole(1, 65_535))
    .option('--max-queries <rows>', 'rows that one identity may ask for in all', whole(1))
    .option('--max-queries-per-day <rows>', 'rows that one identity may ask for within 24 hours', whole(1))
    .option('--queries <file>', 'account of the rows that were asked for, which outlasts restarts')
    .option('--directory <file>', 'answer only members of this signed directory')
    .option('--authority-key <key>', 'public key of the authority that signs it', authorityKey)
    .option('--address <url...>', 'addresses that members type, if they differ from where it listens')
    .option('--shares <file>', 'serve one half of a split model in place of MODEL')
    .addOption(new Option('--role <role>', 'which of the two servers this is').choices(['a', 'b']))
    .option('--peer <url>', 'server a: address of server b')
    .option('--json', 'print what happens as JSON lines on stdout')
    .addHelpText('after', HELP)
    .action(async (model: string | undefined, flags: Flags) => done(await run(model, flags)));
  addListening(serve, 9443);
  addPlan(serve, 'chameleon');
  // Commands inherit these settings from `command()`, but not from `addCommand()`.
  serve.addCommand(split.exitOverride().configureOutput({ writeErr: () => undefined }));
  return serve;
}

/** @throws CairnError `usage` unless there is either a model or a half of one */
async function run(model: string | undefined, flags: Flags): Promise<number> {
  const { shares, role, peer } = flags;
  const usage = (message: string, hint: string): CairnError => new CairnError('usage', message, { hint });
  if (shares !== undefined) {
    if (model !== undefined) throw usage('both a model and --shares are given', 'leave one of them out');
    const { serveShares } = await import('../inference/serve-shares.ts');
    return serveShares({ ...flags, shares });
  }
  if (model === undefined) throw usage("missing required argument 'model'", 'see cairn serve --help');
  if (role !== undefined || peer !== undefined) {
    throw usage('--role and --peer are for one of two servers, which has --shares', 'see cairn serve --help');
  }
  const { serve } = await import('../inference/serve.ts');
  return serve(model, flags);
}

function authorityKey(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidArgumentError('expected the 64 hex digits that cairn enrol init printed');
  }
  return text;
}
