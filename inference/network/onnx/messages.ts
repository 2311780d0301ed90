import { CairnError } from '../../../protocol/errors.ts';
import { bytes, doubles, float, floats, integer, integers, readFields, text } from './protobuf.ts';

/*
 * The few messages of ONNX that a network needs (onnx.proto, by field number): whatever else a file holds is skipped.
 */

/** A constant: of floats for weights, of integers for shapes. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | readonly number[];
}

/** An attribute of a node: the one of its values that is set. */
interface OnnxAttribute {
  readonly name: string;
  readonly float: number | undefined;
  readonly integer: number | undefined;
  readonly text: string | undefined;
  readonly integers: readonly number[];
  readonly tensor: OnnxTensor | undefined;
}

/** An operation of the graph. */
export interface OnnxNode {
  /** Its name in the file; often empty. */
  readonly name: string;
  readonly operator: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A value that the graph takes or gives. A dimension without a number, such as a batch, is undefined. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | undefined)[] | undefined;
}

/** What a file computes. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Types of elements that are read, by their number in TensorProto.DataType. */
const TYPES = { float: 1, int32: 6, int64: 7, double: 11 } as const;

/** Bytes of an element in `raw_data`. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 4, 6: 4, 7: 8, 11: 8 };

const malformed = (message: string): CairnError =>
  new CairnError('network-malformed', `the ONNX file is not valid: ${message}`);

/** Element by element, little-endian. */
function rawValues(raw: Uint8Array, type: number, count: number): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read: Record<number, (at: number) => number> = {
    [TYPES.float]: (at) => view.getFloat32(4 * at, true),
    [TYPES.int32]: (at) => view.getInt32(4 * at, true),
    [TYPES.int64]: (at) => Number(view.getBigInt64(8 * at, true)),
    [TYPES.double]: (at) => view.getFloat64(8 * at, true),
  };
  return Array.from({ length: count }, (_, at) => read[type]!(at));
}

function readTensor(message: Uint8Array): OnnxTensor {
  let name = '';
  let type = 0;
  const external: true[] = [];
  let raw: Uint8Array | undefined;
  const shape: number[] = [];
  const listed: number[] = [];
  readFields(message, 'a tensor', {
    1: integers(shape),
    2: integer((value) => (type = value)),
    4: floats(listed),
    5: integers(listed),
    7: integers(listed),
    8: text((value) => (name = value)),
    9: bytes((value) => (raw = value)),
    10: doubles(listed),
    13: bytes(() => external.push(true)),
    14: integer((value) => {
      if (value !== 0) external.push(true);
    }),
  });
  const shown = JSON.stringify(name);
  if (external.length > 0) {
    throw new CairnError('network-unsupported', `tensor ${shown} keeps its values in another file`, {
      hint: 'export the network into one file',
    });
  }
  const width = WIDTHS[type];
  if (width === undefined) {
    throw new CairnError('network-unsupported', `tensor ${shown} has elements of ONNX’s type ${type}`, {
      hint: 'export weights as 32-bit or 64-bit floats',
    });
  }
  if (shape.some((extent) => extent < 0)) throw malformed(`tensor ${shown} has a negative extent`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  const given = raw === undefined ? listed.length : raw.length / width;
  if (given !== count) throw malformed(`tensor ${shown} has ${given} values, and its shape asks for ${count}`);
  const values = raw === undefined ? listed : rawValues(raw, type, count);
  const float = type === TYPES.float || type === TYPES.double;
  return { name, shape, values: float ? Float32Array.from(values) : values };
}

function readAttribute(message: Uint8Array): OnnxAttribute {
  let name = '';
  const found: { float?: number; integer?: number; text?: string; tensor?: OnnxTensor } = {};
  const list: number[] = [];
  readFields(message, 'an attribute', {
    1: text((value) => (name = value)),
    2: float((value) => (found.float = value)),
    3: integer((value) => (found.integer = value)),
    4: bytes((value) => (found.text = new TextDecoder().decode(value))),
    5: bytes((value) => (found.tensor = readTensor(value))),
    8: integers(list),
  });
  const { float: number, integer: whole, text: word, tensor } = found;
  return { name, float: number, integer: whole, text: word, integers: list, tensor };
}

function readNode(message: Uint8Array): OnnxNode {
  let name = '';
  let operator = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  readFields(message, 'a node', {
    1: text((value) => inputs.push(value)),
    2: text((value) => outputs.push(value)),
    3: text((value) => (name = value)),
    4: text((value) => (operator = value)),
    5: bytes((value) => {
      const attribute = readAttribute(value);
      if (attributes.has(attribute.name))
        throw malformed(`a node has two attributes ${JSON.stringify(attribute.name)}`);
      attributes.set(attribute.name, attribute);
    }),
    7: text((value) => (domain = value)),
  });
  return { name, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

function readDimension(message: Uint8Array): number | undefined {
  let extent: number | undefined;
  readFields(message, 'a dimension', { 1: integer((value) => (extent = value)) });
  return extent;
}

function readValue(message: Uint8Array): OnnxValue {
  let name = '';
  let shape: (number | undefined)[] | undefined;
  readFields(message, 'a value', {
    1: text((value) => (name = value)),
    2: bytes((type) =>
      readFields(type, 'a type', {
        1: bytes((tensor) =>
          readFields(tensor, 'a type', {
            2: bytes((extents) => {
              const found: (number | undefined)[] = [];
              readFields(extents, 'a shape', { 1: bytes((extent) => found.push(readDimension(extent))) });
              shape = found;
            }),
          }),
        ),
      }),
    ),
  });
  return { name, shape };
}

function readGraph(message: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  readFields(message, 'the graph', {
    1: bytes((value) => nodes.push(readNode(value))),
    5: bytes((value) => constants.push(readTensor(value))),
    11: bytes((value) => inputs.push(readValue(value))),
    12: bytes((value) => outputs.push(readValue(value))),
    15: bytes(() => {
      throw new CairnError('network-unsupported', 'the ONNX file has sparse tensors', { hint: 'export dense ones' });
    }),
  });
  return { nodes, constants, inputs, outputs };
}

/**
 * Reads an ONNX file (ModelProto).
 * @throws CairnError `network-malformed` for anything else; `network-unsupported` for tensors that are sparse, in other
 * files or of other types
 */
export function readModel(file: Uint8Array): OnnxGraph {
  let graph: Uint8Array | undefined;
  readFields(file, 'the model', { 7: bytes((value) => (graph = value)) });
  if (graph === undefined) throw malformed('it has no graph');
  return readGraph(graph);
}
