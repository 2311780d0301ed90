import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { TaskCall, WorkerTask } from './worker.ts';

/** The root of the sources, if these run as they are. */
const ROOT = new URL('../../', import.meta.url).href;

/** Runs tasks, in threads or here. */
interface TaskPool {
  readonly threads: number;
  run<In, Out>(task: WorkerTask<In, Out>, input: In, signal: AbortSignal): Promise<Out>;
  close(): Promise<void>;
}

/**
 * A pool of worker threads. With one thread, or if the built files are missing, tasks run in this thread, one after the
 * other unless they wait.
 */
export function createPool(threads: number): TaskPool {
  const worker = built(new URL('./worker.js', import.meta.url).href);
  if (threads <= 1 || worker === undefined) return inThisThread;
  const piscina = new Piscina<TaskCall>({
    filename: worker,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
    // The process's own arguments need not make sense in a thread.
    execArgv: [],
  });
  return {
    threads,
    async run<In, Out>(task: WorkerTask<In, Out>, input: In, signal: AbortSignal): Promise<Out> {
      signal.throwIfAborted();
      const module = built(task.module);
      if (module === undefined) return task.run(input, signal);
      try {
        // Aborting a running task ends its thread: it may be in the middle of a long matrix product.
        return (await piscina.run({ module, name: task.name, input }, { signal })) as Out;
      } catch (thrown) {
        signal.throwIfAborted();
        throw thrown;
      }
    },
    close: () => piscina.destroy(),
  };
}

const inThisThread: TaskPool = {
  threads: 1,
  async run(task, input, signal) {
    // A task need not wait for anything: without a pause before it, Ctrl-C would have no effect until the last is done.
    await setImmediate();
    signal.throwIfAborted();
    return task.run(input, signal);
  },
  close: () => Promise.resolve(),
};

/**
 * The file that a thread can load: a module as it is, unless it is one of our sources, as under vitest: then the file
 * built from it, since Node 20 strips no types. Undefined if that is missing.
 */
function built(url: string): string | undefined {
  const file = url.endsWith('.ts') ? `${ROOT}dist/${url.slice(ROOT.length).replace(/\.ts$/, '.js')}` : url;
  return existsSync(new URL(file)) ? file : undefined;
}
