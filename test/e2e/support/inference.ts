import { writeFile } from 'node:fs/promises';
import {
  buildNetwork,
  compile,
  type CompileOptions,
  evaluateFixed,
  type Network,
  type NetworkDescription,
  quantise,
} from '../../../inference/index.ts';
import { toFixed, ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { encodeSafetensors } from '../../../protocol/model/index.ts';
import { Random } from '../../../training/random.ts';
import { cairn, type Exit, type Running } from './running.ts';

/** A line of `--json`. */
export type Line = Readonly<Record<string, unknown>>;

const parse = (text: string): Line => JSON.parse(text) as Line;

/** `cairn serve` or `cairn dealer` as a child process that listens. */
export class Service {
  readonly running: Running;
  readonly url: string;

  private constructor(running: Running, url: string) {
    this.running = running;
    this.url = url;
  }

  /** @param args without --port and --json */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const port = args.includes('--port') ? [] : ['--port', '0'];
    const running = cairn([...args, ...port, '--json'], { env });
    const line = await running.line('stderr', (text) => text.startsWith('listening on '));
    return new Service(running, /https?:\/\/[^;\s]+/.exec(line)![0]);
  }

  get port(): string {
    return new URL(this.url).port;
  }

  /** All lines of a kind so far. */
  lines(kind: string): readonly Line[] {
    return this.running.stdout.map(parse).filter((line) => line['kind'] === kind);
  }

  /** The first line of a kind, after so many lines of any kind. */
  async line(kind: string, after = 0): Promise<Line> {
    return parse(await this.running.line('stdout', (text) => parse(text)['kind'] === kind, after));
  }

  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<Exit> {
    this.running.kill(signal);
    return this.running.exited;
  }
}

/** How `cairn predict --json` ended. */
export interface Asked {
  readonly code: number | null;
  readonly lines: readonly Line[];
  /** Classes of the rows, in their order. */
  readonly classes: readonly number[];
  /** All that it said to people. */
  readonly said: readonly string[];
  /** Its last line on stderr, which is the error if there is one. */
  readonly last: string;
}

/** Runs `cairn predict` to its end. */
export async function ask(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Asked> {
  const running = cairn(['predict', ...args, '--json'], { env });
  const { code } = await running.exited;
  const lines = running.stdout.map(parse);
  const classes = lines.filter(({ kind }) => kind === 'row').map((line) => line['class'] as number);
  return { code, lines, classes, said: running.stderr, last: running.stderr.at(-1) ?? '' };
}

/** A network of random weights in a file, and what it answers. */
export interface TinyModel {
  readonly path: string;
  readonly network: Network;
  /** The classes in fixed point, by the same plan as that of `cairn serve`. */
  classes(inputs: Float32Array, options?: Partial<CompileOptions>): readonly number[];
}

/** Layers of the tiny network: four inputs, three classes with names. */
const TINY: NetworkDescription = {
  version: 1,
  input: { shape: [4], range: [0, 1] },
  layers: [{ kind: 'dense', weight: 'a', bias: 'ab' }, { kind: 'relu' }, { kind: 'dense', weight: 'b' }],
  classes: ['red', 'green', 'blue'],
};

/** Writes a model whose weights are drawn with a seed, with its description in the file. */
export async function writeModel(
  path: string,
  seed: number,
  description: NetworkDescription = TINY,
  shapes: Readonly<Record<string, number[]>> = { a: [4, 6], ab: [6], b: [6, 3] },
): Promise<TinyModel> {
  const random = new Random(seed);
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const scale = 1.5 / Math.sqrt(shape.length === 1 ? 16 : size / shape.at(shape.length === 4 ? 0 : -1)!);
      return [name, Float32Array.from({ length: size }, () => scale * (2 * random.uniform() - 1))];
    }),
  );
  await writeFile(path, encodeSafetensors(tensors, shapes, { network: JSON.stringify(description) }));
  const network = buildNetwork(description, { tensors, shapes });
  return { path, network, classes: (inputs, options = {}) => classesOf(network, inputs, options) };
}

/** What a network answers in fixed point, in the clear. */
function classesOf(network: Network, inputs: Float32Array, options: Partial<CompileOptions>): readonly number[] {
  const { plan } = compile(network, { system: 'chameleon', ...options });
  const rows = inputs.length / network.inputShape.reduce((product: number, extent) => product * extent, 1);
  const words = toFixed(ringOf(plan.bits), inputs, plan.fraction);
  return Array.from(evaluateFixed(plan, quantise(network, plan), words, rows).classes);
}

/** Rows of random numbers from 0 to 1 as CSV, and as numbers. */
export async function writeRows(path: string, seed: number, rows: number, width = 4): Promise<Float32Array> {
  const random = new Random(seed);
  const values = Float32Array.from({ length: rows * width }, () => random.uniform());
  const lines = Array.from({ length: rows }, (_, row) => values.subarray(row * width, (row + 1) * width).join(','));
  await writeFile(path, `${lines.join('\n')}\n`);
  return values;
}
