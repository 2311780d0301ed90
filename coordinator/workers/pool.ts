import { Piscina } from 'piscina';
import type { WorkerEnd, WorkerTask } from './compute.ts';

/** Milliseconds that an idle worker is kept: rounds come one after another, but a waiting thread takes memory. */
const IDLE_MS = 60_000;

/** Milliseconds that running tasks get to finish when the pool closes; they stop after one mask. */
const CLOSE_MS = 5000;

/** One generation of threads: a pool, and a promise that tells if it breaks. */
interface Crew {
  readonly piscina: Piscina<WorkerTask, WorkerEnd>;
  /** Rejects when no thread is left to take waiting tasks. */
  readonly broken: Promise<never>;
}

/**
 * Worker threads, started when there is work and ended when there has been none for a while. A task whose thread dies
 * rejects, and the next one gets a fresh thread.
 */
export class WorkerPool {
  readonly threads: number;
  readonly #file: URL;
  #crew: Crew | undefined;
  #closed = false;

  constructor(file: URL, threads: number) {
    this.#file = file;
    this.threads = threads;
  }

  /**
   * Runs one task.
   * @throws whatever ended the thread, or its own error; after {@link close}, at once
   */
  async run(task: WorkerTask): Promise<WorkerEnd> {
    if (this.#closed) throw new Error('the worker pool is closed');
    const { piscina, broken } = (this.#crew ??= this.#muster());
    return Promise.race([piscina.run(task), broken]);
  }

  /** Ends all threads, once their tasks are finished. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const crew = this.#crew;
    this.#crew = undefined;
    await crew?.piscina.close();
  }

  /** Ends up to `most` threads at once, as a crash would. @returns how many there were */
  forTestingKill(most: number): number {
    const threads = this.#crew?.piscina.threads ?? [];
    for (const thread of threads.slice(0, most)) void thread.terminate();
    return threads.length;
  }

  #muster(): Crew {
    const piscina = new Piscina<WorkerTask, WorkerEnd>({
      filename: this.#file.href,
      minThreads: 0,
      maxThreads: this.threads,
      idleTimeout: IDLE_MS,
      closeTimeout: CLOSE_MS,
      // The process's own flags may not make sense in a thread: `--input-type` even forbids loading its file.
      execArgv: [],
    });
    let breakUp!: (error: Error) => void;
    const broken = new Promise<never>((_, reject) => (breakUp = reject));
    broken.catch(() => undefined);
    const end = (error: Error): void => {
      if (this.#crew?.piscina === piscina) this.#crew = undefined;
      breakUp(error);
      void piscina.destroy();
    };
    // A thread that cannot load its file has taken no task yet, which would wait for ever: the pool reports this in an
    // event …
    piscina.on('error', end);
    // … or, if the thread ends without an error, not at all.
    piscina.on('workerDestroy', () =>
      setImmediate(() => {
        if (piscina.threads.length === 0 && piscina.queueSize > 0) end(new Error('no worker thread is left'));
      }),
    );
    return { piscina, broken };
  }
}
