import { CairnError } from './errors.ts';
import { Faults } from './faults.ts';

/** An issue as zod reports it; only these fields are used. */
export interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of `invalid_type`: the name of a type. */
  readonly expected?: string;
  /** Of `too_small` and `too_big`: the bound, whether it is inclusive, and what is measured. */
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly origin?: string;
  /** Of `invalid_value`: what is allowed. */
  readonly values?: readonly unknown[];
  /** Of `unrecognized_keys`. */
  readonly keys?: readonly string[];
  /** Of `invalid_union`: the issues of each branch. */
  readonly errors?: readonly (readonly Issue[])[];
}

const MAX_SHOWN = 60;

/** A path as a person would write it: `tasks[0].deadlines.shareKeys`. The root has no name. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** The value at a path; undefined if there is none. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}

/** The value received, short enough for one line. Not for values that may be secret. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'it is missing';
  if (typeof value === 'number' && !Number.isFinite(value)) return `it is ${value}`;
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return `it is a ${typeof value}`;
  return `it is ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  string: 'a string',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  boolean: 'true or false',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
};

/** How allowed values are listed: a short list as `"a" or "b"`, one that may be long as `one of "a", "b"`. */
type ValueList = 'or' | 'one of';

/** What was expected; undefined if only the issue's own message says so. */
export function expectedOf(
  { code, expected = '', values = [], ...issue }: Issue,
  list: ValueList = 'one of',
): string | undefined {
  const [one, many] = UNITS[issue.origin ?? ''] ?? ['', ''];
  const unit = Number(issue.minimum ?? issue.maximum) === 1 ? one : many;
  switch (code) {
    case 'invalid_type':
      return NOUNS[expected] ?? expected;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit}`;
    case 'invalid_value': {
      const texts = values.map((value) => JSON.stringify(value));
      return list === 'or' ? texts.join(' or ') : `${texts.length > 1 ? 'one of ' : ''}${texts.join(', ')}`;
    }
    default:
      return undefined;
  }
}

/** Issues whose message is complete by itself. */
const COMPLETE: ReadonlySet<string> = new Set(['custom', 'unrecognized_keys', 'invalid_union']);

/** Zod's message for a union whose schema has no message of its own. */
const UNION_WITHOUT_WORDS = 'Invalid input';

/** Issues of a branch that does not resemble the value at all. */
const WHOLLY_OTHER: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value']);

/**
 * The issue to report for a union none of whose branches accepts the value: of the branch that got furthest into it,
 * else of one that accepts its type but not its size. Undefined if the value is of no branch's type.
 */
function closest({ errors = [], path }: Issue): Issue | undefined {
  const firsts = errors.flatMap((branch) => branch.slice(0, 1));
  const found = firsts.find((first) => first.path.length > 0) ?? firsts.find(({ code }) => !WHOLLY_OTHER.has(code));
  return found && { ...found, path: [...path, ...found.path] };
}

function anyOf({ errors = [] }: Issue): string {
  const wanted = errors.flatMap((branch) => branch.slice(0, 1)).map((first) => expectedOf(first) ?? first.message);
  return [...new Set(wanted)].join(' or ');
}

/** One line that names the field, what was expected and what was received. */
export function issueLine(issue: Issue, root: unknown): string {
  if (issue.code === 'invalid_union' && issue.message === UNION_WITHOUT_WORDS && (issue.errors ?? []).length > 0) {
    const inside = closest(issue);
    if (inside !== undefined) return issueLine(inside, root);
    return `${pathText(issue.path)}: expected ${anyOf(issue)}, but ${shownValue(valueAt(root, issue.path))}`;
  }
  const at = pathText(issue.path) || 'the configuration';
  const wanted = expectedOf(issue);
  if (COMPLETE.has(issue.code)) return `${at}: ${issue.message}`;
  return `${at}: expected ${wanted ?? issue.message}, but ${shownValue(valueAt(root, issue.path))}`;
}

/**
 * Whether an issue follows from a misspelt key, which is already reported: its field is missing, or its object is
 * incomplete.
 */
function isMisspelt(issue: Issue, root: unknown, unknown: readonly Issue[]): boolean {
  const at = pathText(issue.path);
  if (issue.code === 'custom') return unknown.some((other) => pathText(other.path) === at);
  if (valueAt(root, issue.path) !== undefined) return false;
  const holder = pathText(issue.path.slice(0, -1));
  const meant = `did you mean "${String(issue.path.at(-1))}"?`;
  return unknown.some((other) => pathText(other.path) === holder && other.message.includes(meant));
}

/**
 * The errors for a configuration that its schema refuses. Unknown keys come first: a misspelt key also looks missing.
 */
export function configErrors(issues: readonly Issue[], root: unknown): CairnError[] {
  const unknown = issues.filter(({ code }) => code === 'unrecognized_keys');
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys' && !isMisspelt(issue, root, unknown));
  return [
    ...unknown.map((issue) => new CairnError('config-unknown-key', issueLine(issue, root))),
    ...others.map((issue) => new CairnError('config-invalid', issueLine(issue, root))),
  ];
}

/** The same as one error that names all of them. */
export function configError(issues: readonly Issue[], root: unknown): CairnError {
  const faults = new Faults();
  faults.add(...configErrors(issues, root));
  return faults.error ?? new CairnError('config-invalid', 'the configuration is not valid');
}
