import { CairnError } from '../errors.ts';

/** What the header says of one tensor. */
export interface TensorEntry {
  readonly dtype: string;
  /** Non-negative integers. */
  readonly shape: readonly number[];
  /** First byte, and the one after the last; offsets from the end of the header. */
  readonly from: number;
  readonly to: number;
}

/** An untrusted name as messages may show it: escaped and short. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}

/**
 * Maximum tensors and metadata keys of one file, and maximum dimensions of one tensor. The format has no such bounds;
 * they also bound the memory that a header of 100 MB can take.
 */
const MAX_MEMBERS = 2 ** 16;
const MAX_RANK = 64;

/** A parsed header. Maps, since names are untrusted. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

const unsupported = (message: string): CairnError =>
  new CairnError('model-unsupported', message, { hint: 'split the model, or leave out untrained tensors' });

const WHOLE = /0|[1-9][0-9]{0,15}/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Reads just the JSON that a header may hold: objects of objects of strings and lists of integers. JSON.parse would
 * silently drop the first of two members with one name, and two readers of one file could disagree.
 */
class HeaderParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(expected: string): CairnError {
    return new CairnError('model-malformed', `header, character ${this.#at}: ${expected} was expected`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** Consumes one character, with white space around it, if it comes next. */
  #take(character: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#match(SPACE);
    return true;
  }

  #need(character: string): void {
    if (!this.#take(character)) throw this.fail(`"${character}"`);
  }

  string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.fail('a string');
    // A loop, since a pattern with alternatives may exhaust the stack over a string of megabytes.
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    try {
      // The string's content is left to JSON.parse; one without its closing quote fails there too.
      const value = JSON.parse(this.#text.slice(start, end + 1)) as string;
      this.#at = end + 1;
      return value;
    } catch {
      throw this.fail('a well-formed string');
    }
  }

  #whole(): number {
    const digits = this.#match(WHOLE);
    const value = Number(digits);
    if (digits === undefined || !Number.isSafeInteger(value)) throw this.fail('an integer below 2^53');
    return value;
  }

  /** A list of integers. */
  wholes(): number[] {
    const values: number[] = [];
    this.#need('[');
    if (this.#take(']')) return values;
    do {
      if (values.length === MAX_RANK) throw unsupported(`a tensor has more than ${MAX_RANK} dimensions`);
      values.push(this.#whole());
    } while (this.#take(','));
    this.#need(']');
    return values;
  }

  /** An object; `value` reads the value of a key. */
  object<T>(value: (key: string) => T): Map<string, T> {
    const members = new Map<string, T>();
    this.#need('{');
    if (this.#take('}')) return members;
    do {
      const key = this.string();
      if (members.size === MAX_MEMBERS) throw unsupported(`the header has more than ${MAX_MEMBERS} entries`);
      if (members.has(key)) throw this.fail(`another name than ${quoted(key)}, which came before,`);
      this.#need(':');
      members.set(key, value(key));
    } while (this.#take(','));
    this.#need('}');
    return members;
  }

  end(): void {
    if (this.#at !== this.#text.length) throw this.fail('the end');
  }
}

function tensorEntry(parser: HeaderParser): TensorEntry {
  let dtype: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  parser.object((key) => {
    if (key === 'dtype') dtype = parser.string();
    else if (key === 'shape') shape = parser.wholes();
    else if (key === 'data_offsets') offsets = parser.wholes();
    else throw parser.fail('dtype, shape or data_offsets');
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    throw parser.fail('a tensor with dtype, shape and two data_offsets');
  }
  return { dtype, shape, from: offsets[0]!, to: offsets[1]! };
}

/**
 * Parses a header's text. Lengths and offsets are not compared with the file here.
 * @throws CairnError `model-malformed` for anything but such a header, a repeated name included; `model-unsupported`
 * for more entries or dimensions than are supported
 */
export function parseHeader(text: string): SafetensorsHeader {
  // The format requires the brace first; white space may only follow.
  if (!text.startsWith('{')) throw new CairnError('model-malformed', 'the header does not begin with "{"');
  const parser = new HeaderParser(text);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries = new Map<string, TensorEntry>();
  parser.object((key) => {
    if (key === '__metadata__') metadata = parser.object(() => parser.string());
    else entries.set(key, tensorEntry(parser));
  });
  parser.end();
  return { entries, metadata };
}
