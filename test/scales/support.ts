import { afterEach } from 'vitest';
import type { App, TrainingResult } from '../../client/app.ts';
import {
  type Coordinator,
  createCoordinator,
  type InitialModel,
  MemoryStore,
  parseConfig,
} from '../../coordinator/index.ts';
import type { RoundReport } from '../../coordinator/report.ts';

/** A task as a newcomer writes it: nothing is said of scales. */
const TASK = {
  ...{ name: 'toy', rounds: 1, cohort: 3, minCohort: 3, overSelect: 0, retryPause: 0, attempts: 3 },
  ...{ adversary: 'curious', unsafeOpenEnrolment: true },
};

/** A client of which a test says everything: it moves each tensor by what `move` makes of it. */
export class PlainApp implements App<null> {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly untrained?: readonly string[];
  trained = 0;
  readonly #move: (parameters: Record<string, Float32Array>) => void;
  readonly #told: Omit<TrainingResult, 'parameters'>;

  constructor(
    shapes: Readonly<Record<string, readonly number[]>>,
    move: (parameters: Record<string, Float32Array>) => void,
    told: Partial<Omit<TrainingResult, 'parameters'>> = {},
    untrained?: readonly string[],
  ) {
    this.shapes = shapes;
    this.#move = move;
    this.#told = { examples: 10, loss: 0.5, accuracy: 0.5, ...told };
    if (untrained !== undefined) this.untrained = untrained;
  }

  data(): null {
    return null;
  }

  train(parameters: Record<string, Float32Array>): Promise<TrainingResult> {
    this.trained++;
    this.#move(parameters);
    return Promise.resolve({ parameters, ...this.#told });
  }
}

/** A coordinator of a test, and what it reported. */
export interface Running {
  readonly coordinator: Coordinator;
  readonly reports: RoundReport[];
}

/** Starts real coordinators, and stops them after each test of the file. */
export function useCoordinators(): (
  task: Readonly<Record<string, unknown>>,
  options?: { readonly model?: InitialModel; readonly store?: MemoryStore },
) => Promise<Running> {
  const running: Coordinator[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
  });
  return async (task, { model, store = new MemoryStore() } = {}) => {
    const config = parseConfig({ port: 0, logLevel: 'silent', tasks: [{ ...TASK, ...task }] });
    const initialModels = model === undefined ? {} : { initialModels: { toy: model } };
    const coordinator = await createCoordinator({ config, store, ...initialModels });
    running.push(coordinator);
    const reports: RoundReport[] = [];
    coordinator.on('round', (report) => void reports.push(report));
    return { coordinator, reports };
  };
}

/** Zeros for each tensor. */
export const zeros = (shapes: Readonly<Record<string, readonly number[]>>): InitialModel => ({
  shapes,
  tensors: Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
  ),
});

/** Root mean square. */
export const rms = (values: Iterable<number>): number => {
  const all = [...values];
  return Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);
};
