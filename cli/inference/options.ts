import { type Command, InvalidArgumentError, Option } from 'commander';
import { whole } from '../option-parsers.ts';
import type { RowRange } from './inputs.ts';

/** Adds the flags of a service that listens. */
export function addListening(command: Command, port: number): Command {
  return command
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 picks a free one', whole(0, 65_535), port)
    .option('--tls-cert <file>', 'certificate chain (PEM), to use TLS')
    .option('--tls-key <file>', 'private key of the certificate (PEM, mode 600)')
    .option('--unsafe-plain-http', 'allow plain HTTP with other machines, as in a closed test network');
}

/** Systems by the name that --protocol takes. */
const PROTOCOLS = ['chameleon', 'secureml', 'minionn', 'deepsecure', 'cryptonets'] as const;

/** Adds the flags that decide a plan: they must be the same wherever a plan is made of a model. */
export function addPlan(command: Command, system: (typeof PROTOCOLS)[number]): Command {
  return command
    .addOption(new Option('--protocol <system>', 'system that answers').choices(PROTOCOLS).default(system))
    .option(
      '--network <file>',
      'description of the layers (JSON) if the model’s file has none; or mnist-mlp, mnist-cnn',
    )
    .addOption(
      new Option('--input-range <low,high>', 'range of an ONNX model’s inputs (default: 0,1)').argParser(inputRange),
    )
    .addOption(new Option('--reveal <what>', 'what the asker learns').choices(['class', 'scores']).default('class'))
    .option('--fraction <bits>', 'bits after the point (default: as many as fit)', whole(1, 20))
    .addOption(new Option('--ring <bits>', 'ring of the shares (default: the smallest that fits)').argParser(ring))
    .option('--calibration <file>', 'example inputs (as for cairn predict) that bound values where proofs do not');
}

function inputRange(text: string): readonly [low: number, high: number] {
  const match = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2])];
  if (!(low < high)) throw new InvalidArgumentError('expected two numbers, the lower one first, such as -5,5');
  return [low, high];
}

function ring(text: string): 32 | 64 {
  if (text === '32') return 32;
  if (text === '64') return 64;
  throw new InvalidArgumentError('expected 32 or 64');
}

/** A commander parser for rows: `3` or `3-7`, from 1. */
export function rowRange(text: string): RowRange {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!(first >= 1 && first <= last)) throw new InvalidArgumentError('expected ROW or FIRST-LAST from 1, such as 1-10');
  return { first, last };
}
