import { printable } from '../protocol/printable.ts';
import { live, say as sayOnStderr } from './io.ts';
import type { StatusLine } from './status-line.ts';

/**
 * What is waited for: on a terminal a line that changes in place below everything else that is said, elsewhere a line for
 * each change.
 */
export class LiveLine {
  readonly #line: StatusLine;
  readonly #say: (line: string) => void;
  #said = '';

  constructor(line = live, say: (line: string) => void = sayOnStderr) {
    this.#line = line;
    this.#say = say;
  }

  /**
   * Shows a string, which may be others': it is made printable. Undefined: there is nothing to wait for.
   * @param passing without a terminal it gets no separate line
   */
  show(text: string | undefined, passing = false): void {
    const line = printable(text ?? '');
    this.#line.show(line);
    if (this.#line.isLive || passing) return;
    if (line !== '' && line !== this.#said) this.#say(line);
    this.#said = line;
  }
}
