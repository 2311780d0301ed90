import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** An attribute of a node: integers, one integer, a float, a text or a tensor (as {@link tensor} makes it). */
export type Attribute =
  readonly number[] | number | string | { readonly float: number } | { readonly tensor: Uint8Array };

/** A node as tests write it. */
export interface TestNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

/** How a tensor's values are stored. */
export type Storage = 'raw' | 'listed' | 'double' | 'packed-apart' | 'external' | 'half';

/** A graph as tests write it. */
export interface TestGraph {
  readonly input: readonly (number | string)[];
  readonly nodes: readonly TestNode[];
  readonly constants?: readonly Uint8Array[];
  readonly outputs?: readonly string[];
  /** Names of further inputs, such as older exporters give constants. */
  readonly moreInputs?: readonly string[];
}

const message = (write: (out: BinaryWriter) => void): Uint8Array => {
  const out = new BinaryWriter();
  write(out);
  return out.finish();
};
const inner = (out: BinaryWriter, field: number, bytes: Uint8Array): BinaryWriter =>
  out.tag(field, WireType.LengthDelimited).bytes(bytes);
const text = (out: BinaryWriter, field: number, value: string): BinaryWriter =>
  out.tag(field, WireType.LengthDelimited).string(value);
const int = (out: BinaryWriter, field: number, value: number): BinaryWriter =>
  out.tag(field, WireType.Varint).int64(value);

/** A TensorProto of floats. */
export function tensor(name: string, shape: readonly number[], values: ArrayLike<number>, storage: Storage = 'raw') {
  return message((out) => {
    for (const extent of shape) int(out, 1, extent);
    int(out, 2, storage === 'double' ? 11 : storage === 'half' ? 10 : 1);
    if (storage === 'raw') inner(out, 9, new Uint8Array(Float32Array.from(values).buffer));
    else if (storage === 'double') inner(out, 9, new Uint8Array(Float64Array.from(values).buffer));
    else if (storage === 'half') inner(out, 9, new Uint8Array(2 * values.length));
    else if (storage === 'external') int(out, 14, 1);
    else if (storage === 'packed-apart') {
      for (const value of Array.from(values)) out.tag(4, WireType.Bit32).float(value);
    } else inner(out, 4, new Uint8Array(Float32Array.from(values).buffer));
    text(out, 8, name);
  });
}

/** A TensorProto of 64-bit integers, packed. */
export function integers(name: string, values: readonly number[]): Uint8Array {
  return message((out) => {
    int(out, 1, values.length);
    int(out, 2, 7);
    inner(
      out,
      7,
      message((packed) => {
        for (const value of values) packed.int64(value);
      }),
    );
    text(out, 8, name);
  });
}

function attribute(name: string, value: Attribute): Uint8Array {
  return message((out) => {
    text(out, 1, name);
    if (typeof value === 'number') int(out, 3, value);
    else if (typeof value === 'string') inner(out, 4, new TextEncoder().encode(value));
    else if ('float' in value) out.tag(2, WireType.Bit32).float(value.float);
    else if ('tensor' in value) inner(out, 5, value.tensor);
    else for (const entry of value) int(out, 8, entry);
  });
}

function node({ operator, inputs, output, attributes = {}, domain }: TestNode): Uint8Array {
  return message((out) => {
    for (const input of inputs) text(out, 1, input);
    text(out, 2, output);
    text(out, 4, operator);
    for (const [name, value] of Object.entries(attributes)) inner(out, 5, attribute(name, value));
    if (domain !== undefined) text(out, 7, domain);
    // A field of a later version.
    int(out, 99, 7);
  });
}

function value(name: string, shape: readonly (number | string)[]): Uint8Array {
  const dimensions = message((out) => {
    for (const extent of shape) {
      inner(
        out,
        1,
        message((dimension) => (typeof extent === 'number' ? int(dimension, 1, extent) : text(dimension, 2, extent))),
      );
    }
  });
  const type = message((out) => inner(int(out, 1, 1), 2, dimensions));
  return message((out) =>
    inner(
      text(out, 1, name),
      2,
      message((types) => inner(types, 1, type)),
    ),
  );
}

/** An ONNX file: a ModelProto whose graph takes `x`. */
export function onnx({ input, nodes, constants = [], outputs, moreInputs = [] }: TestGraph): Uint8Array {
  const graph = message((out) => {
    for (const each of nodes) inner(out, 1, node(each));
    for (const each of constants) inner(out, 5, each);
    inner(out, 11, value('x', input));
    for (const name of moreInputs) inner(out, 11, value(name, [1]));
    for (const name of outputs ?? [nodes.at(-1)!.output]) inner(out, 12, value(name, ['batch', 1]));
  });
  return message((out) => inner(int(out, 1, 8), 7, graph));
}
