import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { TaskCall, WorkerTask } from './worker.ts';

/** Of the sources, where these run as they are. */
const ROOT = new URL('../../', import.meta.url).href;

/** Runs tasks, in threads or here. */
interface TaskPool {
  readonly threads: number;
  run<In, Out>(task: WorkerTask<In, Out>, input: In, signal: AbortSignal): Promise<Out>;
  close(): Promise<void>;
}

/**
 * A pool of worker threads. With one thread, or where the built files are missing, tasks run in this thread, one after
 * the other where they do not wait.
 */
export function createPool(threads: number): TaskPool {
  const worker = built(new URL('./worker.js', import.meta.url).href);
  if (threads <= 1 || worker === undefined) return inThisThread;
  const piscina = new Piscina<TaskCall>({
    filename: worker,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
    // What the process was started with need not make sense in a thread.
    execArgv: [],
  });
  return {
    threads,
    async run<In, Out>(task: WorkerTask<In, Out>, input: In, signal: AbortSignal): Promise<Out> {
      signal.throwIfAborted();
      const module = built(task.module);
      if (module === undefined) return task.run(input, signal);
      try {
        // A task that is aborted while it runs ends with its thread: it may be deep in a long product.
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
    // A task need not wait for anything: without a pause before it, nobody would hear Ctrl-C until the last one is done.
    await setImmediate();
    signal.throwIfAborted();
    return task.run(input, signal);
  },
  close: () => Promise.resolve(),
};

/**
 * The file that a thread can load: a module as it is, unless it is one of our sources, as under vitest: then the one
 * built from it, since Node 20 strips no types. Undefined where that is not there.
 */
function built(url: string): string | undefined {
  const file = url.endsWith('.ts') ? `${ROOT}dist/${url.slice(ROOT.length).replace(/\.ts$/, '.js')}` : url;
  return existsSync(new URL(file)) ? file : undefined;
}
