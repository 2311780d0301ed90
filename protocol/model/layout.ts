import { CairnError } from '../errors.ts';

/** Tensor name → shape. A scalar has the shape []. Names are unique; their order does not matter. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Tensor name → values in row-major order. */
export type NamedTensors = Readonly<Record<string, Float32Array>>;

/**
 * Maximum parameters of one model. A masked vector has up to 2^28 coordinates, of which 1 024 are reserved for values
 * besides the model, such as metrics.
 */
const MAX_PARAMETERS = 2 ** 28 - 1024;

const DECLARED = 'correct the shapes that the model declares: each tensor has a list of integers from 1';

interface Slot {
  readonly offset: number;
  readonly size: number;
  readonly shape: readonly number[];
}

/**
 * Where each named tensor lies in the one flat vector that is trained, weighted, clipped and masked: tensors in
 * ascending code-unit order of their names, without gaps. Both sides derive it from the shapes alone, so that
 * coordinate j means the same on every machine.
 */
export class ParameterLayout {
  /** Tensor names in vector order. */
  readonly names: readonly string[];
  /** Number of coordinates in the flat vector. */
  readonly size: number;
  readonly #slots = new Map<string, Slot>();

  /**
   * @throws CairnError `update-shape` for a dimension that is not a positive integer, or if there is no tensor;
   * `model-too-large` beyond `max` values. No values have been allocated then
   */
  constructor(shapes: Shapes, max = MAX_PARAMETERS) {
    this.names = Object.keys(shapes).sort((a, b) => (a < b ? -1 : 1));
    if (this.names.length === 0)
      throw new CairnError('update-shape', 'a model needs at least one tensor, but none is declared', {
        hint: DECLARED,
      });
    let offset = 0;
    for (const name of this.names) {
      const shape = [...shapes[name]!];
      for (const extent of shape) {
        if (!Number.isSafeInteger(extent) || extent < 1) {
          throw new CairnError(
            'update-shape',
            `tensor "${name}": dimensions must be integers from 1, but one is ${extent}`,
            { hint: DECLARED },
          );
        }
      }
      const size = shape.reduce((product, extent) => product * extent, 1);
      this.#slots.set(name, { offset, size, shape });
      offset += size;
    }
    this.size = offset;
    if (offset > max) {
      throw new CairnError(
        'model-too-large',
        `the model has ${offset} parameters, but at most ${max} can be trained together`,
      );
    }
  }

  /** First coordinate of a tensor. @throws CairnError `update-shape` for an unknown name */
  offsetOf(name: string): number {
    return this.#slot(name).offset;
  }

  /** Number of coordinates of a tensor. @throws CairnError `update-shape` for an unknown name */
  sizeOf(name: string): number {
    return this.#slot(name).size;
  }

  /** Shape of a tensor. @throws CairnError `update-shape` for an unknown name */
  shapeOf(name: string): readonly number[] {
    return this.#slot(name).shape;
  }

  /** All shapes, as they were declared. */
  get shapes(): Shapes {
    return Object.fromEntries(this.names.map((name) => [name, this.shapeOf(name)]));
  }

  /** One tensor as a view into `flat`: writing to it writes to the vector. @throws CairnError `update-shape` */
  view(flat: Float32Array, name: string): Float32Array {
    this.#checkLength(flat);
    const { offset, size } = this.#slot(name);
    return flat.subarray(offset, offset + size);
  }

  /**
   * Copies named tensors into one new flat vector.
   * @throws CairnError `update-shape` if a tensor is missing, unknown, or has a different number of values than
   *   declared
   */
  flatten(named: NamedTensors): Float32Array {
    const flat = new Float32Array(this.size);
    let offset = 0;
    for (const values of this.inOrder(named)) {
      flat.set(values, offset);
      offset += values.length;
    }
    return flat;
  }

  /** The tensors themselves, in vector order. @throws CairnError `update-shape` as {@link flatten} does */
  inOrder(named: NamedTensors): Float32Array[] {
    for (const name of Object.keys(named)) this.#slot(name);
    return this.names.map((name) => {
      if (!Object.hasOwn(named, name)) throw new CairnError('update-shape', `tensor "${name}" is missing`);
      const values = named[name]!;
      const { size, shape } = this.#slot(name);
      if (values.length !== size) {
        throw new CairnError(
          'update-shape',
          `tensor "${name}": expected ${size} values (shape ${shape.join('×') || 'scalar'}), got ${values.length}`,
        );
      }
      return values;
    });
  }

  /** Every tensor as a view into `flat`. @throws CairnError `update-shape` if the length is not {@link size} */
  unflatten(flat: Float32Array): Record<string, Float32Array> {
    return Object.fromEntries(this.names.map((name) => [name, this.view(flat, name)]));
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined)
      throw new CairnError(
        'update-shape',
        `tensor "${name}" is not one of the model’s: ${this.names.slice(0, 8).join(', ')}`,
      );
    return slot;
  }

  #checkLength(flat: Float32Array): void {
    if (flat.length !== this.size)
      throw new CairnError('update-shape', `the model has ${this.size} parameters, but ${flat.length} values came`);
  }
}
