import { CairnError, type ErrorCode } from './errors.ts';

/** What a JSON reader expects at some place in a string. */
type Expected = 'value' | 'key' | 'colon' | 'comma' | 'nothing';

/** Where a string stops being JSON. Its message never quotes the text, which may hold a secret. */
export interface JsonFault {
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** What was expected there, or the known mistake. */
  readonly message: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The text without a byte order mark, which some editors put before it. */
const withoutBom = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/**
 * The place where a string stops being JSON (RFC 8259); undefined if it is JSON. Engines word this differently, give no
 * line, and quote the text; this one gives the line, quotes nothing, and needs no more stack for deeper nesting.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const scanner = new Scanner(text);
  const message = scanner.run();
  if (message === undefined) return undefined;
  const before = text.slice(0, scanner.at);
  const line = before.split('\n').length;
  return { line, column: scanner.at - before.lastIndexOf('\n'), message };
}

/**
 * Reads JSON that a person may have written. A leading byte order mark is skipped.
 * @param what is named in the message: usually a path
 * @throws CairnError `code`, with line and column but none of the text, and without the parser's error as its cause
 */
export function readJson(
  text: string,
  what: string,
  { code = 'config-unreadable', hint }: { readonly code?: ErrorCode; readonly hint?: string } = {},
): unknown {
  const bare = withoutBom(text);
  try {
    return JSON.parse(bare);
  } catch {
    const { line, column, message } = jsonFault(bare) ?? { line: 1, column: 1, message: 'it cannot be read' };
    throw new CairnError(code, `${what} is not JSON: line ${line}, column ${column}: ${message}`, {
      hint: hint ?? 'correct the file at that place',
    });
  }
}

/** One pass over a string. */
class Scanner {
  at = 0;
  readonly #text: string;
  /** The open objects and lists. */
  readonly #open: ('{' | '[')[] = [];
  #expected: Expected = 'value';
  /** Whether the last one opened is still empty, so that it may be closed. */
  #fresh = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns what is wrong at `at`; undefined if everything is JSON */
  run(): string | undefined {
    for (;;) {
      this.#take(BLANK);
      if (this.at >= this.#text.length) return this.#expected === 'nothing' ? undefined : this.#cut();
      const fault = this.#step(this.#text[this.at]!);
      if (fault !== undefined) return fault;
    }
  }

  #step(next: string): string | undefined {
    if (next === '}' || next === ']') return this.#close(next);
    switch (this.#expected) {
      case 'nothing':
        return 'more text follows the end of the JSON';
      case 'comma':
        if (next !== ',') return this.#known(next) ?? `expected a comma or ${this.#closing()}`;
        this.at++;
        this.#fresh = false;
        this.#expected = this.#open.at(-1) === '{' ? 'key' : 'value';
        return undefined;
      case 'colon':
        if (next !== ':') return this.#known(next) ?? 'expected a colon after the name of a field';
        this.at++;
        this.#expected = 'value';
        return undefined;
      case 'key':
        if (next !== '"') return this.#known(next) ?? 'expected the name of a field, in double quotes';
        return this.#string('colon');
      case 'value':
        return this.#value(next);
    }
  }

  #value(next: string): string | undefined {
    if (next === '"') return this.#string(this.#after());
    if (next === '{' || next === '[') {
      this.at++;
      this.#open.push(next);
      this.#fresh = true;
      this.#expected = next === '{' ? 'key' : 'value';
      return undefined;
    }
    if (!this.#take(WORD) && !this.#take(NUMBER)) return this.#known(next) ?? 'expected a value';
    this.#expected = this.#after();
    return undefined;
  }

  #close(next: '}' | ']'): string | undefined {
    const open = this.#open.at(-1);
    if (open === undefined) return `one ${next} too many`;
    const complete = this.#expected === 'comma' || (this.#fresh && this.#expected !== 'colon');
    if (!complete) {
      if (this.#expected === 'colon') return 'expected a colon after the name of a field';
      const afterColon = this.#text.slice(0, this.at).trimEnd().endsWith(':');
      return afterColon ? 'expected a value' : 'expected something after the previous comma';
    }
    if ((open === '{') !== (next === '}')) return `expected ${this.#closing()}`;
    this.at++;
    this.#open.pop();
    this.#fresh = false;
    this.#expected = this.#after();
    return undefined;
  }

  #string(after: Expected): string | undefined {
    const begun = this.at++;
    for (;;) {
      const next = this.#text[this.at]!;
      if (this.at >= this.#text.length) {
        this.at = begun;
        return 'a string begins here and does not end';
      }
      if (next === '"') break;
      if (next < ' ') return 'a string holds a line break or another control character';
      if (next !== '\\') this.at++;
      else if (!this.#take(ESCAPE)) return 'a backslash that begins no escape; write two for a literal one';
    }
    this.at++;
    this.#fresh = false;
    this.#expected = after;
    return undefined;
  }

  /** Mistakes that have a name. */
  #known(next: string): string | undefined {
    if (next === '/' || next === '#') return 'comments are not part of JSON';
    if (next === "'" || next === '\u201c' || next === '\u201d') return 'strings and names need straight double quotes';
    return undefined;
  }

  /** The text ends too early. */
  #cut(): string {
    if (this.#text.trim() === '') return 'it is empty';
    const open = this.#open.length;
    return open === 0
      ? 'it ends too early'
      : `it ends too early: ${open} ${open === 1 ? 'object or list is' : 'objects and lists are'} still open`;
  }

  #closing(): string {
    return this.#open.at(-1) === '{' ? 'a }' : 'a ]';
  }

  #after(): Expected {
    this.#fresh = false;
    return this.#open.length === 0 ? 'nothing' : 'comma';
  }

  /** Consumes what matches here, if anything does. */
  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }
}
