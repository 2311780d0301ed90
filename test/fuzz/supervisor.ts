import { type ChildProcess, fork } from 'node:child_process';
import type { Word, Work } from './work.ts';

/** How one target ended. */
export type End = Exclude<Word, { kind: 'goes-on' }> & { readonly target: string };

/** Milliseconds without a sign of life after which an input counts as one that hangs: thousands of times the longest. */
const HUNG_MS = 300_000;

/** The word by which a process of this program knows that it is a {@link Worker}'s. */
export const WORKER = '--worker';

/** A process that runs one target after another; it may hang or die without harm. */
export class Worker {
  #child: ChildProcess | undefined;

  /** Runs one target. */
  run(work: Work): Promise<End> {
    const child = (this.#child ??= fork(process.argv[1]!, [WORKER]));
    return new Promise((resolve) => {
      const began = performance.now();
      let last = { done: 0, seed: work.seed };
      let timer: NodeJS.Timeout;
      const ended = (end: End): void => {
        clearTimeout(timer);
        child.off('message', heard).off('close', lost);
        resolve(end);
      };
      const failed = (text: string): void => {
        this.#child = undefined;
        const ms = performance.now() - began;
        ended({
          kind: 'failed',
          target: work.target,
          ...last,
          ms,
          path: '',
          text: `${text} of the first batch of this seed`,
        });
      };
      const lost = (code: number | null, signal: string | null): void => {
        failed(`the process ended (${String(code ?? signal)}) at an input`);
      };
      const hung = (): void => {
        child.kill('SIGKILL');
        failed('it hangs at an input');
      };
      const heard = (message: unknown): void => {
        const word = message as Word;
        if (word.kind !== 'goes-on') {
          ended({ ...word, target: work.target });
          return;
        }
        last = { done: word.done, seed: word.seed };
        clearTimeout(timer);
        timer = setTimeout(hung, HUNG_MS);
      };
      timer = setTimeout(hung, HUNG_MS);
      child.on('message', heard).on('close', lost);
      child.send(work);
    });
  }

  /** Lets the process go. */
  end(): void {
    this.#child?.disconnect();
  }
}
