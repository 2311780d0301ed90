import { constantModel } from '../../../simulations/attacks/coordinator/perceptron.ts';
import { minModulusBits } from '../../../protocol/quantize/index.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { DEFAULT_SUITE, SIZES } from '../../../protocol/crypto/suite.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../protocol/model/safetensors.ts';
import type { Shapes } from '../../../protocol/model/layout.ts';
import { NO_HASH, type RoundSettings } from '../../../protocol/wire/settings.ts';
import type { App, TrainingContext, TrainingResult } from '../../../client/app.ts';
import type { JoinOptions } from '../../../client/options.ts';

/** A model of seven parameters. */
const SHAPES: Shapes = { bias: [3], kernel: [2, 2] };

/** A model file whose parameters are all `value`. */
export const modelFile = (value = 0, shapes: Shapes = SHAPES): Uint8Array => constantModel(value, shapes);

/** The same model in another file: eight more spaces behind the header, which its format allows. */
export function spaced(file: Uint8Array): Uint8Array {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const longer = new Uint8Array(file.length + 8).fill(0x20);
  longer.set(file.subarray(0, 8 + length));
  longer.set(file.subarray(8 + length), 16 + length);
  new DataView(longer.buffer).setUint32(0, length + 8, true);
  return longer;
}

/** The same model in another file: with tensors that are not trained, and metadata. */
export function encumbered(file: Uint8Array): Uint8Array {
  const { tensors, shapes } = decodeSafetensors(file);
  const counter = { dtype: 'I64', shape: [], bytes: new Uint8Array(8).fill(9) };
  return encodeSafetensors(tensors, shapes, { made: 'anew' }, { batches: counter });
}

/** The same model in another file: its values, which are zeros, as halves. */
export function halves(file: Uint8Array): Uint8Array {
  const { shapes } = decodeSafetensors(file);
  let at = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const size = 2 * shape.reduce((product, extent) => product * extent, 1);
    return [name, { dtype: 'F16', shape, data_offsets: [at, (at += size)] }] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + header.length + at);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 8);
  return bytes;
}

/** Settings of a round that guests may join, over {@link SHAPES}. */
export function settingsFor(modelHash: Uint8Array, changes: Partial<RoundSettings> = {}): RoundSettings {
  return {
    suite: DEFAULT_SUITE,
    nonce: systemRandom(SIZES.roundNonce),
    task: 'digits',
    round: 1,
    repeat: 0,
    rebases: 0,
    adversary: 'curious',
    graph: 'complete',
    colludingPpm: 200_000,
    dropoutPpm: 200_000,
    threshold: 0,
    minCohort: 2,
    maxCohort: 16,
    dimension: 7,
    modelHash,
    directoryHash: NO_HASH,
    modulusBits: minModulusBits(16, 16),
    inputBits: 16,
    clip: 100,
    maxExamples: 100,
    lossBound: 16,
    training: '{"epochs":2}',
    ...changes,
  };
}

/** Options of a guest that trusts the coordinator not to lie, and comes back at once. */
export const GUEST = {
  policy: { adversary: 'curious', minCohort: 2 },
  reconnectDelayMs: 1,
  leaveTimeoutMs: 1000,
} as const satisfies JoinOptions;

/** An app that a test looks into: it adds `step` to every parameter. */
export class StepApp implements App<readonly number[]> {
  readonly shapes = SHAPES;
  readonly contexts: TrainingContext[] = [];
  readonly seen: Record<string, Float32Array>[] = [];
  readonly #step: number;
  readonly #examples: number;
  /** Runs before each training ends, and may wait or throw. */
  before: (context: TrainingContext) => Promise<void> | void = () => undefined;
  /** Changes a result before it is returned. */
  change: (result: TrainingResult) => TrainingResult = (result) => result;

  constructor(step = 1, examples = 10) {
    this.#step = step;
    this.#examples = examples;
  }

  data(): readonly number[] {
    return [1, 2, 3];
  }

  async train(
    parameters: Record<string, Float32Array>,
    _data: readonly number[],
    context: TrainingContext,
  ): Promise<TrainingResult> {
    this.contexts.push(context);
    this.seen.push(Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()])));
    await this.before(context);
    for (const values of Object.values(parameters)) for (let i = 0; i < values.length; i++) values[i]! += this.#step;
    return this.change({ parameters, examples: this.#examples, loss: 0.5, accuracy: 0.25 });
  }
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
