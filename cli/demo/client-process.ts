import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** An event printed by `cairn join --json`, with the fields that the demonstration uses. */
export interface ClientLine {
  readonly kind: string;
  readonly state?: string;
  readonly round?: number;
  readonly code?: string;
  readonly message?: string;
}

/** Prefix of the error that a command ends with. */
const PREFIX = 'cairn: ';

/** How long a client may take to leave before it is killed. */
const GRACE_MS = 3000;

/** How long it may take to exit by itself once its task has ended. */
const ENDING_MS = 30_000;

/** One client as a separate process. */
export class ClientProcess {
  readonly member: number;
  readonly #child: ChildProcess;
  readonly #stderr: string[] = [];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  constructor(member: number, args: readonly string[], onLine: (line: ClientLine) => void) {
    this.member = member;
    const cairn = fileURLToPath(new URL('../../cli.js', import.meta.url));
    this.#child = spawn(process.execPath, [cairn, 'join', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Not `exit`, after which its last output may still be on its way.
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    createInterface({ input: this.#child.stdout! }).on('line', (text) => {
      onLine(JSON.parse(text) as ClientLine);
    });
    createInterface({ input: this.#child.stderr! }).on('line', (text) => {
      this.#stderr.push(text);
      if (this.#stderr.length > 20) this.#stderr.shift();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Why it ended, in one line: its own error, or its last line on stderr. */
  get lastWords(): string {
    const error = this.#stderr.findLast((line) => line.startsWith(PREFIX));
    return error?.slice(PREFIX.length) ?? this.#stderr.join(' | ');
  }

  /** SIGKILL: it does not leave or clean up, as when a machine loses power. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /**
   * Waits until it has exited by itself, which it does when its task has ended; asks it to leave if that takes too
   * long.
   */
  async ended(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, ENDING_MS)));
    await Promise.race([this.exited, patience]);
    clearTimeout(timer);
    await this.leave();
  }

  /** Asks it to leave; kills it if it does not. */
  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }
}
