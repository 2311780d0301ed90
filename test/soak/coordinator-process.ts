import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import type { RoundReport } from '../../coordinator/index.ts';
import type { Sample } from './memory.ts';

/** `cairn coordinator`, as it is shipped, in a process of its own, with a probe of its memory beside it. */
export class CoordinatorProcess {
  /** Lines of its log, the last ones. */
  readonly log: string[] = [];
  /** How many faults it has logged. */
  faults = 0;
  /** Resolves when it has ended, with its exit code or its signal. */
  readonly ended: Promise<number | string>;
  over = false;
  readonly #child: ChildProcess;

  private constructor(config: string, onReport: (report: RoundReport) => void) {
    this.#child = fork(resolve('dist/cli.js'), ['coordinator', config, '--exit-when-done', '--json'], {
      execArgv: ['--expose-gc', '--import', resolve('test/soak/probe.mjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ended = new Promise((done) => {
      this.#child.on('close', (code, signal) => {
        this.over = true;
        done(code ?? signal ?? 'unknown');
      });
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => onReport(JSON.parse(line) as RoundReport));
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      if (line.includes('"event":"fault"')) this.faults++;
      this.log.push(line);
      if (this.log.length > 40) this.log.shift();
    });
  }

  /** Starts it with a configuration file, and waits until it listens. */
  static async start(config: string, onReport: (report: RoundReport) => void): Promise<CoordinatorProcess> {
    const coordinator = new CoordinatorProcess(config, onReport);
    while (!coordinator.log.some((line) => line.startsWith('listening on '))) {
      if (coordinator.over) throw new Error(`the coordinator did not start:\n${coordinator.log.join('\n')}`);
      await new Promise((tick) => setTimeout(tick, 50));
    }
    return coordinator;
  }

  /** Its memory once its garbage was collected; undefined where it has ended. */
  sample(at: number): Promise<Sample | undefined> {
    if (this.over) return Promise.resolve(undefined);
    const answer = new Promise<Sample>((resolve) => {
      this.#child.once('message', (memory) => resolve({ at, ...(memory as Omit<Sample, 'at'>) }));
    });
    this.#child.send('sample');
    return Promise.race([answer, this.ended.then(() => undefined)]);
  }

  /** Asks it to stop, as Ctrl-C does. @returns seconds that it took */
  async stop(): Promise<number> {
    const began = performance.now();
    this.#child.kill('SIGINT');
    await this.ended;
    return (performance.now() - began) / 1000;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
