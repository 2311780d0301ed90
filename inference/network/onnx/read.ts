import { CairnError } from '../../../protocol/errors.ts';
import { type NamedTensor, NetworkBuilder } from '../build.ts';
import type { Network, NetworkShape } from '../types.ts';
import { valuesOf } from '../types.ts';
import { Constants, nodeLabel, transposedMatrix, unsupportedNode } from './constants.ts';
import { type OnnxGraph, type OnnxNode, type OnnxValue, readModel } from './messages.ts';
import { windowOf } from './windows.ts';

/** What an ONNX file does not say of its network. */
export interface OnnxOptions {
  /** The range of inputs; 0 to 1 by default. */
  readonly inputRange?: readonly [low: number, high: number];
  /** Names of the classes. */
  readonly classes?: readonly string[];
}

/** A layer with weights that waits for the next node, which may add its bias. */
interface Waiting {
  readonly kind: 'dense' | 'conv2d';
  readonly label: string;
  readonly weights: NamedTensor;
  readonly bias: NamedTensor | undefined;
  readonly stride: number;
  readonly padding: number;
}

const float = (node: OnnxNode, name: string, fallback: number): number => node.attributes.get(name)?.float ?? fallback;
const integer = (node: OnnxNode, name: string, fallback: number): number =>
  node.attributes.get(name)?.integer ?? fallback;

/** A chain of nodes, turned into layers one after another. */
class Chain {
  readonly #constants: Constants;
  readonly #range: readonly [number, number];
  #builder: NetworkBuilder;
  /** Whether a layer has been built: until then a Reshape says what the input looks like. */
  #begun = false;
  #waiting: Waiting | undefined;
  /** Set by a Softmax: only an argmax may follow. */
  #closing: OnnxNode | undefined;
  /** The value that the next node takes. */
  #current: string;

  constructor(graph: OnnxGraph, { inputRange = [0, 1] }: OnnxOptions) {
    this.#constants = new Constants(graph.constants);
    this.#range = inputRange;
    const inputs = graph.inputs.filter(({ name }) => !this.#constants.has(name));
    const [input] = inputs;
    if (input === undefined || inputs.length > 1) {
      throw new CairnError('network-unsupported', `the ONNX graph has ${inputs.length} inputs; there must be one`);
    }
    this.#current = input.name;
    this.#builder = new NetworkBuilder(inputShapeOf(input), inputRange);
  }

  take(node: OnnxNode): void {
    if (node.domain !== '') unsupportedNode(node, `it is of the domain ${node.domain.slice(0, 60)}`, SUPPORTED_HINT);
    if (this.#constants.fold(node)) return;
    const dynamic = node.inputs.filter((name) => name !== '' && !this.#constants.has(name));
    if (dynamic.some((name) => name !== this.#current)) {
      unsupportedNode(node, 'it takes the result of an earlier node; a network must be one chain without branches');
    }
    const operator = Object.hasOwn(OPERATORS, node.operator) ? OPERATORS[node.operator] : undefined;
    if (operator === undefined) unsupportedNode(node, 'there is no such layer', SUPPORTED_HINT);
    if (this.#closing !== undefined && node.operator !== 'ArgMax') {
      unsupportedNode(this.#closing, 'only an ArgMax may follow it');
    }
    operator(this, node);
    this.#current = node.outputs[0] ?? '';
  }

  /** The network, when all nodes are taken. */
  finish(outputs: readonly OnnxValue[], classes: readonly string[]): Network {
    const [output] = outputs;
    if (outputs.length !== 1 || output!.name !== this.#current) {
      throw new CairnError('network-unsupported', 'the ONNX graph must have one output, the result of its last node');
    }
    this.#flush();
    return this.#builder.build(classes);
  }

  get shape(): NetworkShape {
    this.#flush();
    return this.#builder.shape;
  }

  get constants(): Constants {
    return this.#constants;
  }

  /** Builds the layer that waits. */
  #flush(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#begun = true;
    const { kind, label, weights, bias, stride, padding } = waiting;
    if (kind === 'dense') this.#builder.dense(label, weights, bias);
    else this.#builder.conv2d(label, weights, bias, { stride, padding });
  }

  wait(layer: Waiting): void {
    this.#flush();
    this.#waiting = layer;
  }

  /** Builds a layer without weights. */
  build(node: OnnxNode, add: (builder: NetworkBuilder, label: string) => void): void {
    this.#flush();
    this.#begun = true;
    add(this.#builder, nodeLabel(node));
  }

  close(node: OnnxNode): void {
    this.#closing = node;
  }

  /** Adds a constant to the layer that waits, as its bias. */
  addBias(node: OnnxNode): void {
    const waiting = this.#waiting;
    const at = this.#constants.has(node.inputs[0] ?? '') ? 0 : 1;
    if (waiting === undefined || waiting.bias !== undefined) {
      unsupportedNode(node, 'a constant is added only directly after a MatMul, Gemm or Conv without a bias');
    }
    const { shape, values } = this.#constants.floats(node, at);
    const outputs = waiting.weights.shape[waiting.kind === 'dense' ? 1 : 0]!;
    // One value an output, and no extent besides: of a convolution before height and width, of a matrix at the end.
    const place = waiting.kind === 'dense' ? shape.length - 1 : shape.length - 3;
    if (values.length !== outputs || (shape[place] ?? 1) !== outputs) {
      unsupportedNode(node, `it adds ${shape.join('×')} values to ${outputs} outputs`);
    }
    this.#waiting = { ...waiting, bias: { shape: [outputs], values } };
  }

  /** Takes another view of the same values: a vector of an image, or at the beginning the image of a vector. */
  reshape(node: OnnxNode): void {
    const { values: wanted } = this.#constants.get(node, 1);
    const [, ...after] = Array.from(wanted);
    const shape = this.shape;
    const count = valuesOf(shape);
    // The batch may be anything; one extent may be left open.
    const known = after.filter((extent) => extent > 0).reduce((product, extent) => product * extent, 1);
    const extents = after.map((extent, i) => (extent === -1 ? count / known : extent === 0 ? (shape[i] ?? 0) : extent));
    const fits = extents.reduce((product, extent) => product * extent, 1) === count;
    if (fits && extents.length === 1) {
      if (shape.length === 3) this.build(node, (builder, label) => builder.flatten(label));
      return;
    }
    if (fits && extents.length === 3 && extents.every((extent) => Number.isInteger(extent) && extent > 0)) {
      const image = extents as [number, number, number];
      if (image.join() === shape.join()) return;
      if (!this.#begun) {
        this.#builder = new NetworkBuilder(image, this.#range);
        return;
      }
    }
    unsupportedNode(node, `it makes ${extents.join('×')} of ${shape.join('×')}; it can only flatten an image`);
  }
}

/** The shape of one example, without the batch. */
function inputShapeOf({ name, shape }: OnnxValue): NetworkShape {
  const [, ...extents] = shape ?? [];
  const known = extents.every((extent): extent is number => extent !== undefined && extent > 0);
  if (known && extents.length === 1) return extents as unknown as NetworkShape;
  if (known && extents.length === 3) return extents as unknown as NetworkShape;
  const shown = shape?.map((extent) => extent ?? '?').join('×') ?? 'unknown';
  throw new CairnError('network-unsupported', `the ONNX input "${name.slice(0, 60)}" has the shape ${shown}`, {
    hint: 'export the network with an input of batch×values or batch×channels×height×width',
  });
}

/** A matrix product with a bias, and scaled: x · W · alpha + C · beta. */
function gemm(chain: Chain, node: OnnxNode): void {
  if (integer(node, 'transA', 0) !== 0) unsupportedNode(node, 'it transposes its input');
  if (chain.constants.has(node.inputs[0] ?? '')) unsupportedNode(node, 'the network’s values must be its first input');
  const scaled = (tensor: NamedTensor, factor: number): NamedTensor =>
    factor === 1 ? tensor : { shape: tensor.shape, values: tensor.values.map((value) => value * factor) };
  const given = matrix(chain, node, 1);
  const turned = integer(node, 'transB', 0) === 0 ? given : transposedMatrix(given);
  const weights = scaled(turned, float(node, 'alpha', 1));
  const layer = { kind: 'dense', label: nodeLabel(node), weights, stride: 1, padding: 0 } as const;
  if ((node.inputs[2] ?? '') === '') {
    chain.wait({ ...layer, bias: undefined });
    return;
  }
  const { shape, values } = scaled(chain.constants.floats(node, 2), float(node, 'beta', 1));
  const [outputs] = weights.shape.slice(1);
  if (values.length !== outputs || shape.at(-1) !== outputs) unsupportedNode(node, `it adds ${shape.join('×')} values`);
  chain.wait({ ...layer, bias: { shape: [outputs], values } });
}

function matrix(chain: Chain, node: OnnxNode, at: number): NamedTensor {
  const tensor = chain.constants.floats(node, at);
  if (tensor.shape.length === 2) return tensor;
  return unsupportedNode(node, `its weights have the shape ${tensor.shape.join('×')}; they must be a matrix`);
}

function matMul(chain: Chain, node: OnnxNode): void {
  if (chain.constants.has(node.inputs[0] ?? '')) unsupportedNode(node, 'the network’s values must be its first input');
  const weights = matrix(chain, node, 1);
  chain.wait({ kind: 'dense', label: nodeLabel(node), weights, bias: undefined, stride: 1, padding: 0 });
}

function image(chain: Chain, node: OnnxNode): readonly [number, number] {
  const { shape } = chain;
  if (shape.length === 3) return [shape[1], shape[2]];
  return unsupportedNode(node, `its input is a vector of ${shape[0]} values, and it needs an image`);
}

function conv(chain: Chain, node: OnnxNode): void {
  const weights = chain.constants.floats(node, 1);
  if (weights.shape.length !== 4 || weights.shape[2] !== weights.shape[3]) {
    unsupportedNode(node, `its weights have the shape ${weights.shape.join('×')}; its window must be square`);
  }
  const { stride, padding } = windowOf(node, image(chain, node), weights.shape[2]);
  const bias = (node.inputs[2] ?? '') === '' ? undefined : chain.constants.floats(node, 2);
  chain.wait({ kind: 'conv2d', label: nodeLabel(node), weights, bias, stride, padding });
}

const pool =
  (kind: 'maxPool' | 'averagePool') =>
  (chain: Chain, node: OnnxNode): void => {
    const { size, stride, padding } = windowOf(node, image(chain, node), undefined);
    if (padding !== 0) unsupportedNode(node, 'it pads its input; a pool must not');
    chain.build(node, (builder, label) => builder.pool(label, kind, size, stride));
  };

const elementwise =
  (kind: 'relu' | 'sigmoid' | 'tanh') =>
  (chain: Chain, node: OnnxNode): void =>
    chain.build(node, (builder, label) => builder.elementwise(label, kind));

/** A product of a value with itself. */
function multiply(chain: Chain, node: OnnxNode): void {
  if (node.inputs.length !== 2 || node.inputs[0] !== node.inputs[1]) {
    unsupportedNode(node, 'only a value and itself are multiplied: a square');
  }
  chain.build(node, (builder, label) => builder.elementwise(label, 'square'));
}

function flatten(chain: Chain, node: OnnxNode): void {
  if (integer(node, 'axis', 1) !== 1) unsupportedNode(node, 'it flattens the batch, too');
  if (chain.shape.length === 3) chain.build(node, (builder, label) => builder.flatten(label));
}

/** Exponentials keep the order of scores: what is revealed are the scores before them. */
function softmax(chain: Chain, node: OnnxNode): void {
  const axis = integer(node, 'axis', 1);
  if (chain.shape.length !== 1 || (axis !== 1 && axis !== -1)) unsupportedNode(node, 'it is not over the classes');
  chain.close(node);
}

function argMax(chain: Chain, node: OnnxNode): void {
  const axis = integer(node, 'axis', 0);
  if (chain.shape.length !== 1 || (axis !== 1 && axis !== -1)) unsupportedNode(node, 'it is not over the classes');
  if (integer(node, 'select_last_index', 0) !== 0) unsupportedNode(node, 'it takes the last of equals');
  chain.build(node, (builder, label) => builder.argmax(label));
}

function dropout(_: Chain, node: OnnxNode): void {
  const training = node.inputs[2] ?? '';
  if (training !== '') unsupportedNode(node, 'it may be in training mode', 'export the network for inference');
}

const OPERATORS: Readonly<Record<string, (chain: Chain, node: OnnxNode) => void>> = {
  Gemm: gemm,
  MatMul: matMul,
  Add: (chain, node) => chain.addBias(node),
  Conv: conv,
  MaxPool: pool('maxPool'),
  AveragePool: pool('averagePool'),
  Relu: elementwise('relu'),
  Tanh: elementwise('tanh'),
  Sigmoid: elementwise('sigmoid'),
  Mul: multiply,
  Flatten: flatten,
  Reshape: (chain, node) => chain.reshape(node),
  Softmax: softmax,
  LogSoftmax: softmax,
  ArgMax: argMax,
  Dropout: dropout,
  Identity: () => undefined,
};

const SUPPORTED_HINT = `there are ${Object.keys(OPERATORS).join(', ')}; export the network with these alone`;

/**
 * Reads a network from an ONNX file: one chain of nodes, whose weights are in the file. A final softmax is left out, since
 * it changes no order; a value multiplied by itself is a square.
 * @param file the whole file
 * @throws CairnError `network-malformed` for what is no ONNX file; `network-unsupported` naming the node that cannot be
 * read, and what can be
 */
export function readOnnx(file: Uint8Array, options: OnnxOptions = {}): Network {
  const graph = readModel(file);
  const chain = new Chain(graph, options);
  for (const node of graph.nodes) chain.take(node);
  return chain.finish(graph.outputs, options.classes ?? []);
}
