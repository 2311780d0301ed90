import fc from 'fast-check';
import { MAX_SEED } from './options.ts';
import { targets } from './targets/index.ts';

/** What one process is to do. */
export interface Work {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly path?: string;
}

/** What it says: that it goes on, or how it ended. */
export type Word =
  | { readonly kind: 'goes-on'; readonly done: number; readonly seed: number }
  | { readonly kind: 'done'; readonly done: number; readonly steps: number; readonly ms: number }
  | {
      readonly kind: 'failed';
      readonly done: number;
      readonly ms: number;
      readonly seed: number;
      readonly path: string;
      readonly text: string;
    };

const nextSeed = (seed: number, batch: number): number => (seed + batch) & MAX_SEED;

/** Runs one target to its end or its first failure, which is shrunk. */
export function work({ target, seed, inputs, path }: Work, say: (word: Word) => void): void {
  const { batch: size, make } = targets.find(({ name }) => name === target)!;
  const { property, steps } = make();
  // Refusals are what most inputs end in; nobody reads their stacks.
  Error.stackTraceLimit = path === undefined ? 0 : 30;
  const began = performance.now();
  let done = 0;
  for (let batch = 0; done < inputs; batch++) {
    const batchSeed = nextSeed(seed, batch);
    say({ kind: 'goes-on', done, seed: batchSeed });
    const numRuns = Math.min(size, inputs - done);
    const result = fc.check(property, { seed: batchSeed, numRuns, ...(path === undefined ? {} : { path }) });
    done += result.numRuns;
    if (!result.failed) continue;
    const text = `${String(result.errorInstance)}${causeOf(result.errorInstance)}\n${fc.stringify(result.counterexample)}`;
    say({
      kind: 'failed',
      done,
      ms: performance.now() - began,
      seed: batchSeed,
      path: result.counterexamplePath ?? '',
      text,
    });
    return;
  }
  say({ kind: 'done', done, steps: steps?.() ?? 0, ms: performance.now() - began });
}

function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const stack = Error.stackTraceLimit > 0 ? `\n${thrown.stack ?? ''}` : '';
  if (!(thrown.cause instanceof Error)) return stack;
  const cause = Error.stackTraceLimit > 0 ? thrown.cause.stack : String(thrown.cause);
  return `${stack}\ncaused by ${cause ?? ''}${causeOf(thrown.cause)}`;
}
