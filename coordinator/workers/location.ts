import { existsSync } from 'node:fs';

/**
 * Where the worker's file is. In dist/ it is next to this one. When running from sources, as under vitest, a thread
 * cannot load TypeScript (Node 20 does not strip types, and a test runner's loader does not reach into threads), so the
 * built one is used if there is any: the job list's layout number keeps it from reading a layout it does not know.
 * @param from URL of this module; other values only in tests
 * @returns undefined if there is none: then the main thread computes
 */
export function workerFile(from: string = import.meta.url): URL | undefined {
  const file = new URL(from.endsWith('.ts') ? '../../dist/coordinator/workers/worker.js' : './worker.js', from);
  return existsSync(file) ? file : undefined;
}
