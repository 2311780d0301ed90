import { existsSync } from 'node:fs';

/**
 * Where the worker's file is. From dist/ it lies beside this one. From sources, as under vitest, a thread cannot load
 * TypeScript (Node 20 strips no types, and a test runner's loader does not reach into threads), so the built one is
 * taken if there is any: the job list's layout number keeps it from reading what it does not know.
 * @param from URL of this module; other values are for tests
 * @returns undefined where there is none: then the main thread computes
 */
export function workerFile(from: string = import.meta.url): URL | undefined {
  const file = new URL(from.endsWith('.ts') ? '../../dist/coordinator/workers/worker.js' : './worker.js', from);
  return existsSync(file) ? file : undefined;
}
