import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const CAIRN = resolve(ROOT, 'dist/cli.js');

/** Longest wait for one line: far more than a busy machine needs, and less than a test's own limit. */
const PATIENCE_MS = 240_000;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a process is started. */
export interface RunOptions {
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Gives it a process group of its own, in which its children are found and ended too. */
  readonly group?: boolean;
}

type Stream = 'stdout' | 'stderr';

interface Waiter {
  readonly stream: Stream;
  readonly matches: (line: string) => boolean;
  readonly found: (line: string) => void;
  readonly failed: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const alive = new Set<Running>();

/** Ends whatever a test file has left running; also when the file itself ends in disorder. */
export async function endAll(): Promise<void> {
  await Promise.all([...alive].map((running) => running.end()));
}

process.on('exit', () => {
  for (const running of alive) running.kill('SIGKILL');
});

/** A child process whose lines can be waited for. */
export class Running {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** Resolves when the process has ended and everything that it wrote has been read. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #group: boolean;
  #waiters: Waiter[] = [];
  #over = false;

  constructor(command: string, args: readonly string[], { env = {}, cwd = ROOT, group = false }: RunOptions = {}) {
    this.#name = args.slice(0, 2).join(' ');
    this.#group = group;
    this.#child = spawn(command, args, {
      cwd,
      detached: group,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    alive.add(this);
    this.#read('stdout');
    this.#read('stderr');
    this.exited = new Promise((done, failed) => {
      this.#child.once('error', failed);
      this.#child.once('close', (code, signal) => {
        this.#over = true;
        alive.delete(this);
        for (const waiter of this.#waiters.splice(0)) this.#giveUp(waiter, `ended (${String(code ?? signal)})`);
        done({ code, signal });
      });
    });
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything it has written so far. */
  get output(): string {
    return [...this.stdout, ...this.stderr].join('\n');
  }

  /** The first line that matches, of those already written (from the `after`th on) or of those to come. */
  line(stream: Stream, matches: (line: string) => boolean, after = 0): Promise<string> {
    const written = this[stream].slice(after).find(matches);
    if (written !== undefined) return Promise.resolve(written);
    return new Promise((found, failed) => {
      const timer = setTimeout(
        () => this.#giveUp(waiter, `wrote nothing of the kind for ${PATIENCE_MS} ms`),
        PATIENCE_MS,
      );
      const waiter: Waiter = { stream, matches, found, failed, timer };
      if (this.#over) this.#giveUp(waiter, 'had ended');
      else this.#waiters.push(waiter);
    });
  }

  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(this.#group ? -this.pid : this.pid, signal);
    } catch {
      // It has ended already.
    }
  }

  /** SIGKILL, to its whole group if it has one. */
  async end(): Promise<void> {
    this.kill('SIGKILL');
    if (!this.#over) await this.exited;
  }

  #read(stream: Stream): void {
    let rest = '';
    const source = this.#child[stream]!;
    source.setEncoding('utf8');
    source.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#took(stream, line);
    });
    source.on('end', () => {
      if (rest !== '') this.#took(stream, rest);
    });
  }

  #took(stream: Stream, line: string): void {
    this[stream].push(line);
    const done = this.#waiters.filter((waiter) => waiter.stream === stream && waiter.matches(line));
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { timer, found } of done) {
      clearTimeout(timer);
      found(line);
    }
  }

  #giveUp(waiter: Waiter, why: string): void {
    clearTimeout(waiter.timer);
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    const tail = [...this.stdout.slice(-8), ...this.stderr.slice(-8)].join('\n');
    waiter.failed(new Error(`${this.#name} ${why}, while a line was waited for; its last lines:\n${tail}`));
  }
}

/** Starts the built command: `cairn …`. */
export function cairn(args: readonly string[], options?: RunOptions): Running {
  if (!existsSync(CAIRN)) throw new Error('dist/ is missing: run `npm run build` before the end-to-end tests');
  return new Running(process.execPath, [CAIRN, ...args], options);
}

/** Runs `cairn …` to its end. */
export async function cairnOnce(
  args: readonly string[],
  options?: RunOptions,
): Promise<Exit & { stdout: string[]; stderr: string[] }> {
  const running = cairn(args, options);
  const exit = await running.exited;
  return { ...exit, stdout: running.stdout, stderr: running.stderr };
}

/** Whether no process is left of a group that was started with `group`. */
export function groupIsEmpty(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return false;
  } catch {
    return true;
  }
}
