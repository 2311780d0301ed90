import { CairnError } from '../../protocol/errors.ts';
import { convolvedSize, type LinearMap, mapSizes } from '../../protocol/mpc/sharing/index.ts';
import { NETWORK_LIMITS } from '../network/limits.ts';
import { type NetworkShape, shapeText, valuesOf } from '../network/types.ts';
import { type Plan, pooledSize, type PoolStep, type Step, windowValuesOf } from './types.ts';

/**
 * How integers of the ring stand for numbers: a number v is the integer v · 2^fraction · area. The area is what sums over
 * windows have gathered, since averages are never divided: the next weights take it in.
 */
export interface Scale {
  readonly fraction: number;
  readonly area: number;
}

/** What goes into a step, and what comes out. */
export interface TracedStep<S extends Step = Step> {
  readonly step: S;
  readonly inputs: number;
  readonly outputs: number;
  readonly before: Scale;
  readonly after: Scale;
}

/** Whole bits of an area: ⌊log2⌋. */
export function areaBits(area: number): number {
  return 31 - Math.clz32(area);
}

/** Fraction bits that a linear layer's weights get beyond their own, for the area of its input: see {@link Scale}. */
export function linearScale(before: Scale, fraction: number): Scale {
  return { fraction: before.fraction + fraction + areaBits(before.area), area: 1 };
}

/** Maximum area that windows may gather before a linear layer. */
const MAX_AREA = 2 ** 24;

/** Fraction bits that the lines of sigmoid and tanh need. */
const MIN_PIECES_FRACTION = 4;

const wrong = (message: string): CairnError => new CairnError('wire-bounds', `plan: ${message}`);

/** Follows shapes and scales through a plan's steps, and checks everything on the way. */
class Tracer {
  readonly #bits: number;
  readonly #fraction: number;
  #shape: NetworkShape;
  #scale: Scale;
  #layers = 0;
  #products = 0;
  #weights = 0;

  constructor({ bits, fraction, inputShape }: Pick<Plan, 'bits' | 'fraction' | 'inputShape'>) {
    this.#bits = bits;
    this.#fraction = fraction;
    this.#shape = inputShape;
    this.#scale = { fraction, area: 1 };
  }

  get shape(): NetworkShape {
    return this.#shape;
  }

  get scale(): Scale {
    return this.#scale;
  }

  /** @throws CairnError `wire-bounds` if the step does not fit what is before it */
  take(step: Step): TracedStep {
    const before = this.#scale;
    const inputs = valuesOf(this.#shape);
    if ('count' in step && step.count !== inputs) throw wrong(`${step.kind} of ${step.count} values, not ${inputs}`);
    this.#scale = this.#after(step);
    if (this.#scale.fraction < 0 || this.#scale.fraction > this.#bits - 2) {
      throw wrong(`${this.#scale.fraction} fraction bits after ${step.kind}, in a ring of ${this.#bits} bits`);
    }
    if (this.#scale.area > MAX_AREA) throw wrong(`windows of ${this.#scale.area} values in a row`);
    const outputs = valuesOf(this.#shape);
    if (outputs > NETWORK_LIMITS.values) throw wrong(`a layer of ${outputs} values`);
    return { step, inputs, outputs, before, after: this.#scale };
  }

  #after(step: Step): Scale {
    const { fraction, area } = this.#scale;
    switch (step.kind) {
      case 'linear':
        if (step.layer !== this.#layers++) throw wrong(`linear layer ${step.layer} out of order`);
        this.#map(step.map);
        return linearScale(this.#scale, step.fraction);
      case 'rectify':
      case 'truncate':
        return { fraction: fraction - step.shift, area };
      case 'square':
        return { fraction: 2 * fraction, area: area * area };
      case 'maxPool':
      case 'sumPool':
        this.#pool(step);
        return step.kind === 'maxPool' ? this.#scale : { fraction, area: area * step.size * step.size };
      case 'piecewise':
        if (area !== 2 ** areaBits(area)) throw wrong(`${step.function} of sums over ${area} values`);
        if (fraction + areaBits(area) - step.drop !== this.#fraction)
          throw wrong(`${step.function} of another fraction`);
        if (step.function === 'tanh' && step.pieces === 'secureml') throw wrong('SecureML has no lines for tanh');
        if (this.#fraction < MIN_PIECES_FRACTION) throw wrong(`${step.function} of ${this.#fraction} fraction bits`);
        return { fraction: this.#fraction, area: 1 };
      case 'reveal':
        return this.#scale;
    }
  }

  #map(map: LinearMap): void {
    const { inputs, weights, products } = mapSizes(map);
    this.#products += products;
    if (weights > NETWORK_LIMITS.weights) throw wrong(`${weights} weights in a layer`);
    this.#weights += weights;
    if (this.#weights > NETWORK_LIMITS.allWeights) throw wrong(`more than ${NETWORK_LIMITS.allWeights} weights`);
    if (this.#products > NETWORK_LIMITS.products) throw wrong(`more than ${NETWORK_LIMITS.products} products`);
    if (map.kind === 'dense') {
      if (inputs !== valuesOf(this.#shape)) throw wrong(`a dense layer of ${inputs} inputs`);
      this.#shape = [map.outputs];
      return;
    }
    this.#image([map.channels, map.height, map.width]);
    const [rows, columns] = convolvedSize(map);
    if (rows < 1 || columns < 1) throw wrong('a window larger than its image');
    this.#shape = [map.filters, rows, columns];
  }

  #pool(step: PoolStep): void {
    this.#image([step.channels, step.height, step.width]);
    const [rows, columns] = pooledSize(step);
    if (rows < 1 || columns < 1) throw wrong('a window larger than its image');
    const gathered = windowValuesOf(step);
    if (gathered > NETWORK_LIMITS.windows) throw wrong(`windows of ${gathered} values together`);
    this.#shape = [step.channels, rows, columns];
  }

  #image(shape: NetworkShape): void {
    if (shapeText(shape) !== shapeText(this.#shape)) {
      throw wrong(`a layer of ${shapeText(shape)} after one of ${shapeText(this.#shape)}`);
    }
  }
}

/** A plan's steps with sizes and scales, and the scale of what is revealed. */
export interface Trace {
  readonly steps: readonly TracedStep[];
  readonly inputs: number;
  /** Values of the last step: the number of classes. */
  readonly outputs: number;
  readonly scale: Scale;
}

/**
 * Follows shapes and scales through a plan.
 * @throws CairnError `wire-bounds` if steps do not fit together, or something is beyond the limits
 */
export function traceOf(plan: Plan): Trace {
  const tracer = new Tracer(plan);
  const inputs = valuesOf(plan.inputShape);
  if (inputs > NETWORK_LIMITS.values) throw wrong(`an input of ${inputs} values`);
  if (plan.fraction > plan.bits - 2) throw wrong(`${plan.fraction} fraction bits in a ring of ${plan.bits}`);
  const steps = plan.steps.map((step) => tracer.take(step));
  const at = plan.steps.findIndex(({ kind }) => kind === 'reveal');
  if (at < 0 || at !== plan.steps.length - 1) throw wrong('the last step reveals, and no other does');
  if (!steps.some(({ step }) => step.kind === 'linear')) throw wrong('there is no linear layer');
  const outputs = valuesOf(tracer.shape);
  const last = plan.steps.at(-1)!;
  if (last.kind === 'reveal' && last.what !== plan.reveal) throw wrong('it reveals something else than it says');
  if (plan.reveal === 'class' && (outputs < 2 || outputs > NETWORK_LIMITS.compared))
    throw wrong(`a class out of ${outputs}`);
  if (plan.classes.length !== 0 && plan.classes.length !== outputs) {
    throw wrong(`${plan.classes.length} names for ${outputs} classes`);
  }
  return { steps, inputs, outputs, scale: tracer.scale };
}
