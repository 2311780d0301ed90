import { CairnError } from '../../../protocol/errors.ts';
import { assertOptions, type OptionKinds } from '../../../protocol/options.ts';
import { checkIndices, type Dataset } from '../dataset.ts';
import { contentOf, malformed } from '../idx.ts';
import { IDX_TYPES, type IdxType } from '../idx-types.ts';
import { type IdxSource, withIdx } from './idx-source.ts';

/** Which examples of a pair of files to load. */
export interface ExampleChoice {
  /** Only this many examples, from the first. */
  readonly limit?: number;
  /** Only these examples, in this order; not together with `limit`. */
  readonly indices?: ArrayLike<number>;
}

/** A pair of IDX files, and how to read them. */
export interface IdxOptions extends ExampleChoice {
  /** File of the examples, gzip-compressed or not: unsigned bytes become 0…1, values of other types are unchanged. */
  readonly images: string;
  /** File of their labels: integers of any type, one for each example. */
  readonly labels: string;
  /** The label of the first class. Default 0. */
  readonly firstLabel?: number;
  /** Number of classes, at most 256. Default: as many as the largest label in the file requires. */
  readonly classes?: number;
  /** Whether images are stored column by column, like EMNIST's: rows and columns are exchanged. Default false. */
  readonly transposed?: boolean;
}

/** The options that choose among examples, and their kinds. */
export const CHOICE: OptionKinds<ExampleChoice> = { limit: 'number', indices: ['array', 'object'] };

const KINDS: OptionKinds<IdxOptions> = {
  ...CHOICE,
  images: 'string',
  labels: 'string',
  firstLabel: 'number',
  classes: 'number',
  transposed: 'boolean',
};

/** Bytes of examples read at once; at least one example. */
const CHUNK = 2 ** 22;

const MAX_CLASSES = 256;

/**
 * All labels of a file, as classes from 0.
 * @param classes how many are allowed; any number up to 256 if absent
 * @throws CairnError `data-malformed` naming the file
 */
export function loadIdxLabels(file: string, firstLabel = 0, classes?: number): Promise<Uint8Array> {
  return withIdx(file, async (source) => {
    const { header } = source;
    if (header.dimensions.length !== 1) {
      throw malformed(`labels have one dimension, but the file holds ${contentOf(header)}`);
    }
    const bytes = new Uint8Array(header.values * IDX_TYPES[header.type].bytes);
    await source.read(bytes, header.length);
    await source.finish();
    const last = firstLabel + (classes ?? MAX_CLASSES) - 1;
    return Uint8Array.from(IDX_TYPES[header.type].read(bytes) as ArrayLike<number>, (label, example) => {
      if (Number.isInteger(label) && label >= firstLabel && label <= last) return label - firstLabel;
      throw malformed(
        `labels are integers from ${firstLabel} to ${last}, but that of example ${example} is ${label}`,
        'is it another data set? loadIdx takes firstLabel and classes, and loadEmnist reads EMNIST',
      );
    });
  });
}

function chosenIndices({ limit, indices }: ExampleChoice, examples: number): ArrayLike<number> {
  if (indices !== undefined && limit !== undefined) {
    throw new CairnError('settings-invalid', 'limit and indices cannot both be given');
  }
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw new CairnError('settings-invalid', `limit must be an integer from 1, but is ${limit}`);
  }
  const chosen = indices ?? Uint32Array.from({ length: Math.min(limit ?? examples, examples) }, (_, index) => index);
  if (chosen.length === 0) throw new CairnError('data-empty', 'no examples were requested');
  checkIndices(chosen, examples);
  return chosen;
}

/** Exchanges rows and columns of one example. */
function transpose(values: Float32Array, [rows, columns]: readonly number[]): void {
  const before = values.slice();
  for (let row = 0; row < rows!; row++) {
    for (let column = 0; column < columns!; column++) values[row * columns! + column] = before[column * rows! + row]!;
  }
}

/** Unsigned bytes are scaled to 0…1: in nearly every file they are pixels. */
function convert(type: IdxType, bytes: Uint8Array, target: Float32Array): void {
  if (type === 0x08) for (let i = 0; i < bytes.length; i++) target[i] = bytes[i]! / 255;
  else target.set(IDX_TYPES[type].read(bytes));
}

/** Reads the file chunk by chunk and keeps only the chosen examples, so that a shard costs only a shard's memory. */
async function readExamples(
  source: IdxSource,
  wanted: ArrayLike<number>,
  shape: readonly number[] | undefined,
): Promise<Float32Array> {
  const { type, dimensions, length } = source.header;
  const { bytes } = IDX_TYPES[type];
  const size = dimensions.slice(1).reduce((product, extent) => product * extent, 1);
  const inputs = new Float32Array(wanted.length * size);
  const order = Uint32Array.from({ length: wanted.length }, (_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const together = Math.max(1, Math.floor(CHUNK / (size * bytes)));
  const chunk = new Uint8Array(Math.min(together, dimensions[0]!) * size * bytes);
  let loaded = -1;
  for (const slot of order) {
    const index = wanted[slot]!;
    const first = index - (index % together);
    if (first !== loaded) {
      const part = chunk.subarray(0, Math.min(together, dimensions[0]! - first) * size * bytes);
      await source.read(part, length + first * size * bytes);
      loaded = first;
    }
    const from = (index - first) * size * bytes;
    const target = inputs.subarray(slot * size, (slot + 1) * size);
    convert(type, chunk.subarray(from, from + size * bytes), target);
    if (type !== 0x08 && !target.every(Number.isFinite)) {
      throw malformed(`example ${index} holds a value that is not a finite 32-bit float`);
    }
    if (shape !== undefined) transpose(target, shape);
  }
  await source.finish();
  return inputs;
}

/**
 * Loads examples and labels from a pair of IDX files, the format of MNIST, Fashion-MNIST, EMNIST, KMNIST and similar
 * data sets. Examples of two dimensions get the shape 1 × rows × columns, others keep theirs. Only the chosen examples
 * are converted and kept.
 * @throws CairnError `config-unknown-key`, `config-invalid` for invalid options; `data-missing` if a file is missing,
 * `data-malformed` naming the file and its content; `settings-invalid` for an index or limit out of range, `data-empty`
 * if no examples are requested
 */
export async function loadIdx(options: IdxOptions): Promise<Dataset> {
  assertOptions<IdxOptions>('options of loadIdx', options, KINDS, ['images', 'labels']);
  const { images, labels: labelFile, firstLabel = 0, classes, transposed = false } = options;
  const all = await found(labelFile, () => loadIdxLabels(labelFile, firstLabel, classes));
  const wanted = chosenIndices(options, all.length);
  return found(images, () =>
    withIdx(images, async (source) => {
      const [count, ...shape] = source.header.dimensions;
      if (shape.length === 0) {
        throw malformed(
          `examples have more than one dimension, but the file holds ${contentOf(source.header)}`,
          'are these the labels?',
        );
      }
      if (count !== all.length) throw malformed(`${count} images, but there are ${all.length} labels`);
      if (transposed && shape.length !== 2)
        throw malformed(`images have rows and columns, but the file holds ${contentOf(source.header)}`);
      const turned = transposed ? [shape[1]!, shape[0]!] : undefined;
      const inputs = await readExamples(source, wanted, turned);
      return {
        inputs,
        labels: Uint8Array.from(wanted, (index) => all[index]!),
        examples: wanted.length,
        inputSize: inputs.length / wanted.length,
        inputShape: shape.length === 2 ? [1, ...(turned ?? shape)] : shape,
        classes: classes ?? all.reduce((most, label) => Math.max(most, label), 0) + 1,
      };
    }),
  );
}

/** Examples without labels. */
export interface IdxValues {
  /** Examples one after another; unsigned bytes as 0…1, other types unchanged. */
  readonly values: Float32Array;
  /** Shape of one example, as the file has it. */
  readonly shape: readonly number[];
  /** Whether the values were unsigned bytes, as pixels are. */
  readonly bytes: boolean;
}

/**
 * Loads the examples of an IDX file without their labels.
 * @throws CairnError `data-missing`, `data-malformed`
 */
export function loadIdxValues(file: string): Promise<IdxValues> {
  return found(file, () =>
    withIdx(file, async (source) => {
      const { dimensions, type } = source.header;
      const [count, ...shape] = dimensions;
      if (shape.length === 0) {
        throw malformed(
          `examples have more than one dimension, but the file holds ${contentOf(source.header)}`,
          'are these labels?',
        );
      }
      const all = Uint32Array.from({ length: count! }, (_, index) => index);
      return { values: await readExamples(source, all, undefined), shape, bytes: type === 0x08 };
    }),
  );
}

async function found<T>(file: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CairnError('data-missing', `there is no file ${file}`, { hint: 'check the path', cause });
  }
}
