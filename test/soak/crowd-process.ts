import { type ChildProcess, fork } from 'node:child_process';
import type { Crowd } from './crowd.ts';
import type { Said } from './ledger.ts';

/** The word by which a process of this program knows that it is a crowd's. */
export const CROWD = '--crowd';

/** What a crowd's process tells. */
export type CrowdWord =
  { readonly kind: 'said'; readonly said: Said } | { readonly kind: 'fault'; readonly text: string };

/** What this side does with it. */
interface Ear {
  readonly said: (said: Said) => void;
  readonly fault: (text: string) => void;
}

/** A process full of clients. */
export class CrowdProcess {
  readonly crowd: Crowd;
  readonly #ear: Ear;
  #child: ChildProcess;
  #wanted = true;

  constructor(crowd: Crowd, ear: Ear) {
    this.crowd = crowd;
    this.#ear = ear;
    this.#child = this.#start();
  }

  /** As when a machine loses power, and comes back. */
  async crash(): Promise<void> {
    await this.end();
    this.#wanted = true;
    this.#child = this.#start();
  }

  /** Ends it without a word of farewell. */
  async end(): Promise<void> {
    this.#wanted = false;
    const closed = new Promise((done) => this.#child.once('close', done));
    this.#child.kill('SIGKILL');
    await closed;
  }

  #start(): ChildProcess {
    const child = fork(process.argv[1]!, [CROWD, JSON.stringify(this.crowd)]);
    child.on('message', (message) => {
      const word = message as CrowdWord;
      if (word.kind === 'said') this.#ear.said(word.said);
      else this.#ear.fault(word.text);
    });
    child.on('close', (code, signal) => {
      if (this.#wanted) this.#ear.fault(`a process of clients ended (${String(code ?? signal)})`);
    });
    return child;
  }
}
