import fc, { type Arbitrary, type JsonValue } from 'fast-check';
import { refusalCode } from './outcome.ts';
import type { Target } from './target.ts';

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<JsonValue>(null, '', 'fedadam', [], {}, -1, 0, 1.5, 1e308, 2 ** 53, 0xffff_ffff, true),
);

/** One place in a configuration, by turns at each level, and what is put there. */
const change = fc.record({
  turns: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
  what: fc.constantFrom('replace', 'remove', 'rename', 'add'),
  name: fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'port', 'tasks'),
  ),
  value: odd,
});

const json = fc.record({ kind: fc.constant('json' as const), value: odd });
type Step = typeof change extends Arbitrary<infer Value> ? Value : never;

/** JSON objects as JSON.parse makes them: `__proto__` is a key like any other. */
function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function apply(root: object, { turns, what, name, value }: Step): void {
  let at = root;
  for (const [level, turn] of turns.entries()) {
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = keys[turn % keys.length]!;
    const inner: unknown = (at as Record<string, unknown>)[key];
    if (level < turns.length - 1 && typeof inner === 'object' && inner !== null) {
      at = inner;
      continue;
    }
    if (what === 'replace') put(at, key, value);
    else if (what === 'add') put(at, name, value);
    else {
      Reflect.deleteProperty(at, key);
      if (what === 'rename') put(at, name, inner);
    }
    return;
  }
}

/**
 * The target of something that takes parsed JSON: any JSON, and values that are taken, changed in a few places.
 * @param take throws for what it does not take
 * @param good values that it takes
 */
export function jsonTarget(name: string, take: (value: unknown) => unknown, good: readonly JsonValue[]): Target {
  const changed = fc.record({
    kind: fc.constant('changed' as const),
    base: fc.nat(good.length - 1),
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
  });
  const input = fc.oneof({ weight: 1, arbitrary: json }, { weight: 6, arbitrary: changed });
  return {
    name,
    share: 1,
    batch: 500,
    make: () => {
      for (const value of good) take(value);
      return {
        property: fc.property(input, (chosen) => {
          const value = chosen.kind === 'json' ? chosen.value : structuredClone(good[chosen.base]);
          if (chosen.kind === 'changed') for (const each of chosen.changes) apply(value as object, each);
          try {
            take(value);
          } catch (thrown) {
            refusalCode(thrown);
          }
        }),
      };
    },
  };
}
