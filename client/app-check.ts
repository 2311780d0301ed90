import { CairnError } from '../protocol/errors.ts';
import type { App } from './app.ts';

const HINT = 'an app has shapes, data() and train(): see "Bring your own model and data" in the README';

/** The parts of an app, each with a check that says what is wrong with its value; undefined if nothing is. */
const PARTS: Readonly<Record<keyof App, (value: unknown) => string | undefined>> = {
  shapes: shapesFault,
  data: (value) => functionFault('data()', value),
  train: (value) => functionFault('train()', value),
  untrained: untrainedFault,
  runsOn: (value) => (value === undefined ? undefined : functionFault('runsOn()', value)),
  evaluate: (value) => (value === undefined ? undefined : functionFault('evaluate()', value)),
};

/**
 * Checks that a value is an app before anything is done with it. Other fields are not looked at: an app may be an
 * instance of a class.
 * @param named - its name in the error: an option with a file, or `the app`
 * @throws CairnError `config-invalid` naming every part that is missing or of the wrong kind
 */
export function assertApp(value: unknown, named: string): asserts value is App {
  if (typeof value !== 'object' || value === null) {
    const found = typeof value === 'function' ? 'a function' : value === null ? 'null' : `of type ${typeof value}`;
    throw new CairnError('config-invalid', `${named} must be an object, but is ${found}`, { hint: HINT });
  }
  const app = value as Readonly<Record<string, unknown>>;
  const faults = Object.entries(PARTS).flatMap(([part, fault]) => fault(app[part]) ?? []);
  if (faults.length > 0) throw new CairnError('config-invalid', `${named} ${faults.join(', and ')}`, { hint: HINT });
}

function functionFault(part: string, value: unknown): string | undefined {
  if (typeof value === 'function') return undefined;
  const name = part.slice(0, -2);
  return value === undefined
    ? `has no ${part}`
    : `has ${name === 'evaluate' ? 'an' : 'a'} ${name} that is not a function`;
}

function untrainedFault(value: unknown): string | undefined {
  const fits = value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
  return fits ? undefined : 'has an untrained that is not an array of tensor names';
}

function shapesFault(value: unknown): string | undefined {
  if (value === undefined) return 'has no shapes';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'has shapes that are not an object of tensor names, such as { weights: [4, 3], bias: [3] }';
  }
  const wrong = Object.entries(value).find(
    ([, shape]) => !Array.isArray(shape) || !shape.every((extent) => typeof extent === 'number'),
  );
  return wrong && `has a shape of tensor "${wrong[0]}" that is not a list of numbers, such as [4, 3]`;
}
