import { CairnError } from '../../../protocol/errors.ts';
import type { NamedTensor } from '../build.ts';
import type { OnnxNode, OnnxTensor } from './messages.ts';

/** What a node is called in messages: its operator, with its name or what it gives. */
export function nodeLabel({ operator, name, outputs }: OnnxNode): string {
  return `node ${operator.slice(0, 60)} "${(name === '' ? (outputs[0] ?? '') : name).slice(0, 60)}"`;
}

/** @throws CairnError `network-unsupported` naming the node */
export function unsupportedNode(node: OnnxNode, why: string, hint?: string): never {
  throw new CairnError('network-unsupported', `${nodeLabel(node)}: ${why}`, hint === undefined ? {} : { hint });
}

/** Operators that a constant may go through before it is used. */
const FOLDED: ReadonlySet<string> = new Set(['Constant', 'Identity', 'Reshape', 'Transpose']);

/** The constants of a graph: those listed, and those that nodes make of others. */
export class Constants {
  readonly #known = new Map<string, OnnxTensor>();

  constructor(listed: readonly OnnxTensor[]) {
    for (const tensor of listed) this.#known.set(tensor.name, tensor);
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** A node's input, which must be a constant. @throws CairnError `network-unsupported` naming the node */
  get(node: OnnxNode, at: number): OnnxTensor {
    const found = this.#known.get(node.inputs[at] ?? '');
    return found ?? unsupportedNode(node, `its input ${at + 1} must be a constant of the file`);
  }

  /** A node's input as a tensor of floats. @throws CairnError `network-unsupported` naming the node */
  floats(node: OnnxNode, at: number): NamedTensor {
    const { shape, values } = this.get(node, at);
    if (values instanceof Float32Array) return { shape, values };
    return unsupportedNode(node, `its input ${at + 1} must be a constant of floats`);
  }

  /**
   * Computes a node whose inputs are all constants.
   * @returns whether it is one
   * @throws CairnError `network-unsupported` if constants go through another operator than those that are known here
   */
  fold(node: OnnxNode): boolean {
    const given = node.inputs.filter((name) => name !== '');
    if (!given.every((name) => this.#known.has(name)) || (given.length === 0 && node.operator !== 'Constant'))
      return false;
    if (!FOLDED.has(node.operator))
      unsupportedNode(node, 'constants cannot go through it', 'simplify the graph when exporting');
    const [name] = node.outputs;
    if (name === undefined) unsupportedNode(node, 'it has no output');
    this.#known.set(name, { ...this.#computed(node), name });
    return true;
  }

  #computed(node: OnnxNode): Omit<OnnxTensor, 'name'> {
    switch (node.operator) {
      case 'Constant':
        return node.attributes.get('value')?.tensor ?? unsupportedNode(node, 'its value must be a tensor');
      case 'Reshape':
        return { values: this.get(node, 0).values, shape: reshaped(node, this.get(node, 0), this.get(node, 1)) };
      case 'Transpose':
        return transposed(node, this.get(node, 0));
      default:
        return this.get(node, 0);
    }
  }
}

/** The shape that a Reshape asks for: 0 keeps an extent, and −1 takes what is left. */
function reshaped(node: OnnxNode, { shape }: OnnxTensor, { values: wanted }: OnnxTensor): readonly number[] {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const kept = Array.from(wanted, (extent, axis) => (extent === 0 ? (shape[axis] ?? 0) : extent));
  const known = kept.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
  const result = kept.map((extent) => (extent === -1 ? count / known : extent));
  const fits = result.reduce((product, extent) => product * extent, 1) === count;
  if (!fits || !result.every((extent) => Number.isInteger(extent) && extent > 0)) {
    unsupportedNode(node, 'the shape does not fit the constant');
  }
  return result;
}

/** A matrix with rows and columns exchanged. */
function transposed(node: OnnxNode, { shape, values }: OnnxTensor): Omit<OnnxTensor, 'name'> {
  const order = node.attributes.get('perm')?.integers ?? [];
  if (shape.length !== 2 || !(values instanceof Float32Array))
    unsupportedNode(node, 'only matrices of floats are transposed');
  if (order.length > 0 && (order.length !== 2 || order[0] !== 1 || order[1] !== 0)) {
    return order[0] === 0 && order[1] === 1 ? { shape, values } : unsupportedNode(node, 'it has a wrong order of axes');
  }
  const tensor = transposedMatrix({ shape, values });
  return { shape: tensor.shape, values: tensor.values };
}

/** A matrix with rows and columns exchanged. */
export function transposedMatrix({ shape, values }: NamedTensor): NamedTensor {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return { shape: [columns, rows], values: turned };
}
