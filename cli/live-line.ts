import { printable } from '../protocol/printable.ts';
import { live, say as sayOnStderr } from './io.ts';
import type { StatusLine } from './status-line.ts';

/**
 * What is waited for: on a terminal a line that is updated in place below all other output, elsewhere a line for each
 * change.
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
   * Shows a string, which may come from other parties: it is made printable. Undefined: nothing is waited for.
   * @param passing whether it gets no line without a terminal
   */
  show(text: string | undefined, passing = false): void {
    const line = printable(text ?? '');
    this.#line.show(line);
    if (this.#line.isLive || passing) return;
    if (line !== '' && line !== this.#said) this.#say(line);
    this.#said = line;
  }
}
