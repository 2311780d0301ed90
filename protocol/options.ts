import { CairnError } from './errors.ts';
import { Faults } from './faults.ts';
import { didYouMean } from './suggest.ts';

/** What the value of an option must be: a test for it, and its name in errors. */
const KINDS = {
  function: { fits: (value: unknown): boolean => typeof value === 'function', noun: 'a function' },
  string: { fits: (value: unknown): boolean => typeof value === 'string', noun: 'a string' },
  number: { fits: (value: unknown): boolean => typeof value === 'number', noun: 'a number' },
  boolean: { fits: (value: unknown): boolean => typeof value === 'boolean', noun: 'true or false' },
  object: { fits: isObject, noun: 'an object' },
  // Checked by its tag: one that was made in another frame or context has a different class.
  bytes: {
    fits: (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Uint8Array]',
    noun: 'a Uint8Array',
  },
  array: { fits: (value: unknown): boolean => Array.isArray(value), noun: 'an array' },
  strings: {
    fits: (value: unknown): boolean => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
    noun: 'an array of strings',
  },
  /** Checked where it is used. */
  any: { fits: (): boolean => true, noun: 'anything' },
} as const;

/** What the value of an option must be; see {@link assertOptions}. */
type OptionKind = keyof typeof KINDS;

/** Every key of an object's type; of a union, those of each member. */
type KeysOf<Options> = Options extends unknown ? keyof Options : never;

/** Every option of a type by its name, so that an option added to the type cannot be forgotten here. */
export type OptionKinds<Options> = Readonly<Record<KeysOf<Options>, OptionKind | readonly OptionKind[]>>;

/**
 * Checks an object of options that a program passes, for programs without types: a misspelt option would be ignored,
 * and a client would join under the default policy. Options that are undefined count as omitted.
 * @param named what the object is called in errors, such as `options of join`
 * @param kinds every option, and what it may be
 * @param required options that must not be omitted
 * @throws CairnError `config-unknown-key` with the key that may be meant, `config-invalid` naming the option; if
 * several are wrong, all of them. No value is shown: it may be a secret
 */
export function assertOptions<Options extends object>(
  named: string,
  value: unknown,
  kinds: OptionKinds<Options>,
  required: readonly KeysOf<Options>[] = [],
): asserts value is Options {
  if (!isObject(value)) throw new CairnError('config-invalid', `${named} must be an object, but ${kindOf(value)}`);
  const given = value as Readonly<Record<string, unknown>>;
  const known = kinds as Readonly<Record<string, OptionKind | readonly OptionKind[]>>;
  const faults = new Faults();
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(known, key)) continue;
    faults.add(
      new CairnError('config-unknown-key', `${named}: unknown key "${key}"; ${didYouMean(key, Object.keys(known))}`),
    );
  }
  // A misspelt option looks missing too.
  faults.throwAny();
  for (const [key, allowed] of Object.entries(known)) {
    const option = given[key];
    const ways = [allowed].flat();
    if (option === undefined ? !required.includes(key as KeysOf<Options>) : ways.some((way) => KINDS[way].fits(option)))
      continue;
    const wanted = ways.map((way) => KINDS[way].noun).join(' or ');
    faults.add(new CairnError('config-invalid', `${named}: ${key} must be ${wanted}, but ${kindOf(option)}`));
  }
  faults.throwAny();
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was passed instead, without its value. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null';
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty array' : 'is an array';
  return typeof value === 'object' ? 'is an object' : `is a ${typeof value}`;
}
