import { workerFile } from '../../../coordinator/workers/location.ts';

/** The built worker; the test command builds before it runs tests. */
export function builtWorker(): URL {
  const file = workerFile();
  if (file === undefined) throw new Error('these tests need dist/: run node scripts/build.mjs');
  return file;
}
