import { describe, expect, it } from 'vitest';
import { findExperiment } from '../../../cli/simulate/find.ts';
import { settingsOf } from '../../../cli/simulate/setting-options.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';

const coins = await findExperiment('./test/simulations/support/coins.mjs');
const read = (given: Record<string, unknown>, preset: 'quick' | 'paper' = 'quick'): unknown =>
  readSettings(coins, { given, preset });

describe('settings of an experiment', () => {
  it('are defaults, then the preset, then what is given', () => {
    expect(read({})).toMatchObject({ coins: 4, fair: true });
    expect(read({}, 'paper')).toMatchObject({ coins: 40 });
    expect(read({ coins: '5' }, 'paper')).toMatchObject({ coins: 5 });
  });

  it.each([
    ['30,60', [30, 60]],
    ['30', [30]],
    ['[30, 60]', [30, 60]],
    ['', []],
  ])('read the list "%s"', (text, list) => {
    expect(read({ flipsEach: text })).toMatchObject({ flipsEach: list });
  });

  it('are refused with the name that was probably meant', () => {
    expect(() => read({ coin: '3' })).toThrow(/no setting "coin".*did you mean "coins"/);
    expect(() => read({ flipseach: '3' })).toThrow(/did you mean "flipsEach"/);
  });

  it.each(['constructor', 'toString', '__proto__'])('are not what every object has: %s', (name) => {
    const given = settingsOf(coins, { out: 'runs', set: [`${name}=1`] });
    expect(() => read(given)).toThrow(`no setting "${name}"`);
  });

  it.each([
    [{ coins: '0' }, /coins: expected at least 1/],
    [{ coins: 'many' }, /coins: expected a (whole )?number/],
    [{ fair: 'perhaps' }, /fair: expected true or false/],
    [{ flipsEach: '3,x' }, /flipsEach\[1\]: expected a/],
    [{ flipsEach: '0' }, /flipsEach\[0\]: expected at least 1/],
  ])('that cannot be are refused, naming key and bound: %j', (given, text) => {
    expect(() => read(given)).toThrow(text);
  });
});
