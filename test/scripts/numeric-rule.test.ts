import { ESLint, Linter } from 'eslint';
import { describe, expect, it } from 'vitest';

describe('the lint rules about functions of Math', () => {
  const eslint = new ESLint();
  /** Ids of the rules that complain about a line in a file. */
  const complaints = async (file: string, code: string): Promise<(string | null)[]> => {
    const { rules = {} } = (await eslint.calculateConfigForFile(file)) as Linter.Config;
    const these = ['no-restricted-properties', 'no-restricted-syntax'].filter((rule) => rule in rules);
    const config = { rules: Object.fromEntries(these.map((rule) => [rule, rules[rule]])) };
    return new Linter().verify(code, config).map(({ ruleId }) => ruleId);
  };

  it.each([
    ['protocol/privacy/clipping.ts', 'Math.exp(1);', 'no-restricted-properties'],
    ['protocol/schemes/secagg/parameters/ring.ts', 'Math.log2(8);', 'no-restricted-properties'],
    ['training/operations/losses.ts', 'const { tanh } = Math;', 'no-restricted-syntax'],
    ['training/data/shards.ts', 'const x = Math.PI ** 0.5;', 'no-restricted-syntax'],
  ])('refuse in %s: %s', async (file, code, rule) => {
    expect(await complaints(file, code)).toContain(rule);
  });

  it('take what all engines round alike, and leave alone what nobody counts again', async () => {
    expect(await complaints('protocol/privacy/clipping.ts', 'Math.sqrt(2) * 2 ** -3 + Number(3n ** 2n);')).toEqual([]);
    for (const file of ['protocol/privacy/accountant/convert.ts', 'simulations/report/chart/axis.ts']) {
      expect(await complaints(file, 'Math.log(2);')).toEqual([]);
    }
  });
});
