import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../client/policy.ts';
import type { ClientPolicy } from '../../protocol/schemes/secagg/client/types.ts';

/** Every field of a policy: a new one does not compile until it stands here, and does not pass until it is documented. */
const FIELDS: Record<keyof ClientPolicy, true> = {
  ...{ adversary: true, colluding: true, minCohort: true, minCohortDifference: true },
  ...{ minThreshold: true, maxRoundsPerDay: true, tasks: true, minNoise: true, maxEpsilon: true },
  ...{ maxRepeats: true, maxRebases: true, tellReason: true },
};

/** What a row says of a field that has no default. */
const NO_DEFAULT = new Set(['none', 'all']);

const text = await readFile('docs/protocol.md', 'utf8');
const section = text.slice(text.indexOf("## 8. The client's session"), text.indexOf('Two kinds of refusal'));
const rows = [...section.matchAll(/^\| `(\w+)` +\| (\S+) +\|/gm)].map(
  ([, field, value]) => [field, value!.replaceAll('`', '')] as const,
);

describe('the table of a client’s policy in docs/protocol.md', () => {
  it('has each field that a policy may have, and no other', () => {
    expect(rows.map(([field]) => field).sort()).toEqual(Object.keys(FIELDS).sort());
  });

  it('gives the defaults of DEFAULT_POLICY', () => {
    const defaults = rows.filter(([, value]) => !NO_DEFAULT.has(value));
    expect(
      Object.fromEntries(defaults.map(([field, value]) => [field, value === 'true' || Number(value) || value])),
    ).toEqual(DEFAULT_POLICY);
  });
});
