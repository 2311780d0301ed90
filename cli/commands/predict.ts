import { Command } from 'commander';
import { rowRange } from '../inference/options.ts';
import type { PredictFlags } from '../inference/predict.ts';

const HELP = `
The input is a PNG image, a table of numbers (CSV, a row a question, without labels), or images in IDX format. An image
must have the model's size. It becomes grey, black as the low end of the model's range and white as the high end: MNIST
and models trained on it expect a white digit on black.

A dealer and the owner together could read what you ask: name a dealer only if you trust it not to help the owner.`;

/** `cairn predict URL [URL_B]`: asks a model for the class of an input that its owner does not see. */
export function predictCommand(done: (code: number) => void): Command {
  return new Command('predict')
    .description('ask a model about your data: its owner sees neither them nor the answer')
    .argument('<url>', 'address of the model’s server, such as https://models.example.org:9443')
    .argument('[url-b]', 'address of the second server, if two serve the model (secureml): a first, then b')
    .requiredOption('--input <file>', 'what is asked about: image.png, rows.csv or images.idx')
    .option('--dealer <url or file>', 'the dealer that you trust: its address, or the .seeds file that it made for you')
    .option('--rows <first-last>', 'only these rows, counted from 1', rowRange)
    .option('--identity <file>', 'your identity file, if the model answers members only')
    .option('--unsafe-plain-http', 'ask another machine without TLS, as in a closed test network')
    .option('--json', 'print what is offered, each row and a summary as JSON lines on stdout')
    .addHelpText('after', HELP)
    .action(async (url: string, second: string | undefined, flags: PredictFlags) => {
      const { predict } = await import('../inference/predict.ts');
      done(await predict(second === undefined ? [url] : [url, second], flags));
    });
}
