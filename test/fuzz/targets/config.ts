import fc, { type JsonValue } from 'fast-check';
import { parseConfig } from '../../../coordinator/config/index.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

const KEY = 'ab'.repeat(32);

/** Configurations that are taken, between them with every section. */
const good: readonly JsonValue[] = [
  {
    port: 0,
    directory: { file: 'members', authorityKey: KEY },
    tasks: [{ name: 'mnist', rounds: 3, cohort: 8, model: { tensors: { w: [2, 2] }, seed: 1 } }],
  },
  {
    ...{ host: '::1', publicUrls: ['https://example.org/cairn'], allowedOrigins: ['https://example.org'], workers: 1 },
    ...{ uploads: { atOnce: 2, stallMs: 5000, leastRate: 9 }, logLevel: 'debug', reconnectGraceMs: 0 },
    tasks: [
      {
        ...{ name: 'a', rounds: 1, cohort: 4, quorum: 4, quorumTimeout: 1, overSelect: 0.5, minCohort: 3 },
        ...{ adversary: 'curious', unsafeOpenEnrolment: true, graph: 'complete', colluding: 0.1, dropout: 0.2 },
        ...{ threshold: 3, inputBits: 8, modulusBits: 20, clip: 1, maxExamples: 5, lossBound: 2, suite: 2 },
        ...{ strategy: { name: 'fedadam', beta1: 0.5 }, training: { epochs: [1, { deep: null }] }, pause: 1 },
        ...{ deadlines: { shareKeys: 3 }, retryPause: 0, attempts: 2, model: { file: 'm.safetensors' } },
      },
      { name: 'b', rounds: 1, cohort: 200, graph: 'ring', adversary: 'curious', unsafeOpenEnrolment: true },
    ],
  },
];

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

const asItIs = fc.record({ kind: fc.constant('json' as const), value: odd });
const changed = fc.record({
  kind: fc.constant('changed' as const),
  base: fc.nat(good.length - 1),
  changes: fc.array(change, { minLength: 1, maxLength: 3 }),
});

type Step = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** JSON objects as JSON.parse makes them: `__proto__` is a key like any other. */
function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function apply(root: object, { turns, what, name, value }: Step): void {
  let at = root;
  for (const [level, turn] of turns.entries()) {
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = keys[turn % keys.length];
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

function check(value: unknown): void {
  try {
    const config = parseConfig(value);
    must(config.tasks.length > 0, 'a configuration without tasks was taken');
  } catch (thrown) {
    refusalCode(thrown);
  }
}

/** The coordinator's configuration: any JSON, and good ones that were changed. */
export const configTarget: Target = {
  name: 'coordinator-config',
  share: 1,
  make: () => ({
    property: fc.property(fc.oneof({ weight: 1, arbitrary: asItIs }, { weight: 6, arbitrary: changed }), (input) => {
      if (input.kind === 'json') {
        check(input.value);
        return;
      }
      const config = structuredClone(good[input.base]) as object;
      for (const each of input.changes) apply(config, each);
      check(config);
    }),
  }),
};
