import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import type { RoundReport } from '../../coordinator/index.ts';

/** Who is told of what a coordinator does. */
export interface Watch {
  /** A round entered a state. */
  state(name: string): void;
  report(report: RoundReport): void;
}

/** Lines of its log that are kept for a complaint. */
const KEPT = 60;

/** `cairn coordinator`, as it is shipped, in a process of its own, that is stopped, killed and started again. */
export class Coordinator {
  readonly #config: string;
  readonly #watch: Watch;
  readonly #log: string[] = [];
  #child!: ChildProcess;
  #ended!: Promise<number | string>;
  #listens!: Promise<void>;

  constructor(config: string, watch: Watch) {
    this.#config = config;
    this.#watch = watch;
    this.start();
  }

  /** Its last lines. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** Resolves when this process of it has ended, with its exit code or its signal. */
  get ended(): Promise<number | string> {
    return this.#ended;
  }

  /** Resolves when it listens, or has ended. */
  get listens(): Promise<void> {
    return this.#listens;
  }

  start(): void {
    const child = fork(resolve('dist/cli.js'), ['coordinator', this.#config, '--exit-when-done', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#ended = new Promise((done) => void child.on('close', (code, signal) => done(code ?? signal ?? 'unknown')));
    createInterface({ input: child.stdout! }).on('line', (line) => this.#watch.report(JSON.parse(line) as RoundReport));
    const listening = new Promise<void>((done) => {
      createInterface({ input: child.stderr! }).on('line', (line) => {
        this.#log.push(line);
        if (this.#log.length > KEPT) this.#log.shift();
        if (line.startsWith('listening on ')) done();
        const state = /"state":"([a-z-]+)"/.exec(line);
        if (state !== null && line.includes('"round-state"')) this.#watch.state(state[1]!);
      });
    });
    this.#listens = Promise.race([listening, this.#ended.then(() => undefined)]);
  }

  /** Ends it, by a signal, and starts it again with what its disk has. */
  async again(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
    this.start();
    await this.#listens;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
