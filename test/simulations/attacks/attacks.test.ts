import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../protocol/errors.ts';
import { type Attack, ATTACKS } from '../../../simulations/attacks/index.ts';

/** What each is stopped by: a change here is a change of what protects. */
const STOPPED_BY: Readonly<Record<string, string>> = {
  'split-view': 'consistency-too-few',
  'mixed-signatures': 'consistency-split',
  'narrow-view': 'too-few-members',
  'man-in-the-middle': 'identity-signature',
  'invented-members': 'identity-unknown',
  'relabelled-members': 'identity-signature',
  'model-inconsistency': 'identity-signature',
  'two-faced': 'identity-signature',
  replay: 'round-replayed',
  'sum-difference': 'cohort-too-similar',
  'four-sums': 'cohort-too-similar',
  'near-model': 'cohort-too-similar',
  'changed-terms': 'input-changed',
  'region-sums': 'consistency-too-few',
  'ring-cuts': 'too-few-members',
  'ring-grinding': 'threshold-unsound',
  'low-threshold': 'threshold-unsound',
  'noise-removal': 'policy-noise',
  'false-dealing': 'false-dealing-refused',
  'forged-shares': 'share-false',
  'agreed-lies': 'share-false',
  'forged-signature': 'identity-signature',
  'key-copies': 'key-duplicate',
  'spoilt-seals': 'share-undecryptable',
};

describe.each(ATTACKS.map((attack): [string, Attack] => [attack.name, attack]))('%s', (name, attack) => {
  it.each([1, 2])('succeeds where its protection is taken out (seed %i)', async (seed) => {
    const outcome = await attack.run({ protected: false, seed });
    expect(outcome).toMatchObject({ succeeded: true, stoppedBy: undefined });
  });

  it.each([1, 2])('is stopped by its protection, by name (seed %i)', async (seed) => {
    const { succeeded, stoppedBy } = await attack.run({ protected: true, seed });
    expect({ succeeded, stoppedBy }).toEqual({ succeeded: false, stoppedBy: STOPPED_BY[name] });
  });

  it('comes to the same by the same seed', async () => {
    const runs = [1, 2].map(() => attack.run({ protected: true, seed: 7 }));
    const [one, two] = await Promise.all(runs);
    expect(two).toEqual(one);
  });

  it('ends with the signal’s reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect((async () => attack.run({ protected: false, seed: 1, signal }))()).rejects.toBe(reason);
  });
});

describe('the list of attacks', () => {
  it('names each once, in kebab-case, and says of each what stops it', () => {
    const names = ATTACKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const attack of ATTACKS) {
      expect(attack.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      for (const text of [attack.title, attack.attacker, attack.source, attack.protection, attack.without]) {
        expect(text.length).toBeGreaterThan(4);
        expect(text.length).toBeLessThan(121);
      }
    }
    expect(Object.keys(STOPPED_BY)).toEqual(names);
    for (const code of Object.values(STOPPED_BY)) expect(Object.keys(ERROR_CODES)).toContain(code);
  });

  it('is the table in docs/security.md', () => {
    const lines = readFileSync('docs/security.md', 'utf8').split('\n');
    const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    for (const { name, title, protection } of ATTACKS)
      expect(rows).toContainEqual(['', `\`${name}\``, title, protection, '']);
  });
});
