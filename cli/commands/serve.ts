import { Command, InvalidArgumentError } from 'commander';
import type { ServeFlags } from '../inference/serve.ts';
import { addListening, addPlan } from '../inference/options.ts';
import { whole } from '../option-parsers.ts';

const HELP = `
MODEL is a safetensors file that describes its layers (cairn join --save-model and npm start write such files; for
others pass --network FILE.json), or ONNX. Layers: dense, conv2d, maxPool, averagePool, relu, square, sigmoid, tanh,
flatten, argmax.

Both sides need correlated randomness from a dealer that both trust:
  --dealer URL    cairn dealer runs there; the asker must name the same one
  --dealer FILE   the owner's file of cairn dealer make; the asker has FILE.seeds, and each piece answers once
Every answer tells something of the weights: bound them by identity with --directory and --max-queries.`;

/** `cairn serve MODEL`: answers questions to a model without seeing them, until it is interrupted. */
export function serveCommand(done: (code: number) => void): Command {
  const serve = new Command('serve')
    .description('answer questions to your model privately: you do not see them, and the asker does not see the model')
    .argument('<model>', 'the model: safetensors or ONNX')
    // Options after the name of a command below are that command's.
    .enablePositionalOptions()
    .option('--dealer <url or file>', 'where correlated randomness comes from, see below')
    .option('--name <name>', 'the model’s name, and the task that members must be enrolled for (default: its own)')
    .option('--max-batch <rows>', 'rows that are answered at once', whole(1, 65_535))
    .option('--max-queries <rows>', 'rows that one identity may ask for in all', whole(1))
    .option('--max-queries-per-day <rows>', 'rows that one identity may ask for within 24 hours', whole(1))
    .option('--queries <file>', 'account of the rows that were asked for, which outlasts restarts')
    .option('--directory <file>', 'answer only members of this signed directory')
    .option('--authority-key <key>', 'public key of the authority that signs it', authorityKey)
    .option('--address <url...>', 'addresses that members type, if they differ from where it listens')
    .option('--json', 'print what happens as JSON lines on stdout')
    .addHelpText('after', HELP)
    .action(async (model: string, flags: ServeFlags) => {
      const { serve: run } = await import('../inference/serve.ts');
      done(await run(model, flags));
    });
  addListening(serve, 9443);
  addPlan(serve);
  return serve;
}

function authorityKey(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidArgumentError('expected the 64 hex digits that cairn enrol init printed');
  }
  return text;
}
