import { CairnError } from '../../protocol/errors.ts';
import type { ParameterLayout } from '../../protocol/model/index.ts';
import type { TrainingResult } from '../app.ts';

/** What an app must return, in terms familiar to its author. */
const SHAPE = '{ parameters: { NAME: Float32Array, … }, examples, loss, accuracy }';

const HINT = `let train() return, or its promise resolve to, ${SHAPE}`;

const appFailed = (text: string): CairnError => new CairnError('app-failed', text, { hint: HINT });

/** The value's kind, in a few words: never a value of an update. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `the string "${value.length > 20 ? `${value.slice(0, 20)}…` : value}"`;
  const name = (value as { readonly constructor?: { readonly name?: string } }).constructor?.name;
  if (typeof value !== 'object') return `a ${typeof value}`;
  return name === undefined || name === 'Object' ? 'an object' : `an object of type ${name}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A tensor in any form that an app may return: anything that a Float32Array can be filled from, value by value. */
const isVector = (value: unknown): boolean =>
  (ArrayBuffer.isView(value) && !(value instanceof DataView) && !isOfBigInts(value)) ||
  (Array.isArray(value) && value.every((one) => typeof one === 'number'));

const isOfBigInts = (value: ArrayBufferView): boolean =>
  value instanceof BigInt64Array || value instanceof BigUint64Array;

/**
 * Checks what an app's train() returned: any fault in it is the app's, and is described in its author's terms, before
 * anything is computed from it.
 * @throws CairnError `app-failed` for a value of the wrong kind or an accuracy outside 0 … 1, `update-shape` naming the
 * tensor, `data-empty` if no examples were used, `update-not-finite` for metrics that are NaN or infinite
 */
export function assertResult(result: unknown, layout: ParameterLayout): asserts result is TrainingResult {
  if (result === undefined) throw appFailed(`the app’s train() returned nothing; expected ${SHAPE}`);
  if (!isObject(result)) throw appFailed(`the app’s train() returned ${kindOf(result)}; expected ${SHAPE}`);
  assertParameters(result['parameters'], layout);
  assertExamples(result['examples']);
  for (const metric of ['loss', 'accuracy'] as const) assertMetric(metric, result[metric]);
}

function assertParameters(parameters: unknown, layout: ParameterLayout): void {
  const names = layout.names.slice(0, 8).join(', ');
  if (!isObject(parameters)) {
    throw appFailed(
      `the app’s train() returned parameters that are ${kindOf(parameters)}; expected an object with the tensors ${names}`,
    );
  }
  for (const [name, values] of Object.entries(parameters)) {
    if (!isVector(values)) {
      throw appFailed(
        `the app’s train() returned a tensor "${name}" that is ${kindOf(values)}; expected a Float32Array of its values`,
      );
    }
  }
  try {
    layout.inOrder(parameters as Record<string, Float32Array>);
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    const hint = 'the fault is the app’s: let train() return every tensor of app.shapes with its own number of values';
    throw new CairnError(thrown.code, `the app’s train() returned parameters that do not fit: ${thrown.message}`, {
      hint,
    });
  }
}

function assertExamples(examples: unknown): void {
  const expected = 'an integer of examples from 1 was expected';
  if (examples === 0) throw new CairnError('data-empty', `${expected}, but training used 0`);
  if (Number.isSafeInteger(examples) && (examples as number) > 0) return;
  throw appFailed(`the app’s train() returned examples that are ${kindOf(examples)}: ${expected}`);
}

function assertMetric(metric: 'loss' | 'accuracy', value: unknown): void {
  if (typeof value !== 'number') {
    throw appFailed(`the app’s train() returned ${metric} that is ${kindOf(value)}; expected a number`);
  }
  if (!Number.isFinite(value)) {
    throw new CairnError('update-not-finite', `the ${metric} after training is not finite, but ${value}`, {
      hint: 'lower the learning rate or check the data; nothing was sent',
    });
  }
  if (metric === 'accuracy' && (value < 0 || value > 1)) {
    // 93.5 would count as 1, and the mean of all members with it.
    throw new CairnError(
      'app-failed',
      `the accuracy after training is ${value}, but a share from 0 to 1 was expected`,
      {
        hint: 'use a share of 1 in what train() returns, such as 0.935 for 93.5 %; 0 if accuracy has no meaning',
      },
    );
  }
}
