import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { ganAttack } from '../../../simulations/experiments/gan-attack/index.ts';
import {
  adversaryClasses,
  casesOf,
  honestClasses,
  nameOf,
} from '../../../simulations/experiments/gan-attack/scenarios.ts';
import { coded } from '../../training/support.ts';

const settingsOf = (given: Record<string, unknown>) => readSettings(ganAttack, { given });

describe('the federations of a run', () => {
  it('are the attack in both modes and a control, unless something else is asked for', () => {
    const [only, ...more] = casesOf(settingsOf({}));
    expect(more).toEqual([]);
    expect(only!.scenarios.map(({ aggregation, victim }) => [aggregation, victim])).toEqual([
      ['plain', true],
      ['secure', true],
      ['plain', false],
    ]);
  });

  it('multiply by participants, shares and seeds, with noise beside', () => {
    const settings = settingsOf({ participants: [2, 11], thetaUpload: [1, 0.1], seeds: 5, noise: [100, 10] });
    const cases = casesOf(settings);
    expect(cases.length).toBe(20);
    for (const { scenarios } of cases) expect(scenarios.map(({ noise }) => noise)).toEqual([null, null, null, 100, 10]);
    const names = cases.flatMap(({ scenarios }) => scenarios.map(nameOf));
    expect(new Set(names).size).toBe(names.length);
  });

  it('run in the one mode that is asked for, the control too', () => {
    const { scenarios } = casesOf(settingsOf({ aggregation: 'secure' }))[0]!;
    expect(scenarios.map(({ aggregation }) => aggregation)).toEqual(['secure', 'secure']);
  });

  it('have the classes of the paper, and in the control nobody has the target', () => {
    const { scenarios } = casesOf(settingsOf({ participants: [2], target: 3 }))[0]!;
    expect(honestClasses(scenarios[0]!)).toEqual([[0, 1, 2, 3, 4]]);
    expect(adversaryClasses(scenarios[0]!)).toEqual([5, 6, 7, 8, 9]);
    expect(honestClasses(scenarios[2]!)).toEqual([[0, 1, 2, 4]]);
    const [eleven] = casesOf(settingsOf({ participants: [11], target: 3 }));
    expect(honestClasses(eleven!.scenarios[0]!)).toEqual([[0], [1], [2], [3], [4], [5], [6], [7], [8], [9]]);
    expect(honestClasses(eleven!.scenarios[2]!)).toEqual([[0], [1], [2], [4], [5], [6], [7], [8], [9]]);
    expect(adversaryClasses(eleven!.scenarios[0]!)).toEqual([]);
  });
});

describe('settings that cannot work', () => {
  it.each([
    [{ target: 5 }, 'target'],
    [{ evaluateEvery: 50, rounds: 40, startLatest: 5 }, 'evaluateEvery'],
    [{ startLatest: 115, rounds: 120 }, 'startLatest'],
    [{ imagesPerClass: 2500, classifierImages: 1501 }, 'classifierImages'],
    [{ tau: 1 }, 'tau'],
    [{ noise: [10, 10] }, 'noise'],
    [{ participants: [2, 2] }, 'participants'],
    [{ thetaUpload: [0.1, 0.1] }, 'thetaUpload'],
  ])('%j is refused by name: %s', (given, name) => {
    expect(() => settingsOf(given)).toThrow(coded('settings-invalid'));
    expect(() => settingsOf(given)).toThrow(`${name}: `);
  });

  it('not held-out images that are not there: the bound is named', () => {
    expect(settingsOf({ imagesPerClass: 2500, classifierImages: 1500 }).classifierImages).toBe(1500);
    expect(() => settingsOf({ imagesPerClass: 2500 })).toThrow(
      'classifierImages: at most 1500, which 2500 of each class',
    );
  });

  it.each([{ participants: 3 }, { thetaUpload: 0 }, { rounds: 0 }, { generatorWidth: 30 }, { epsilon: 0 }])(
    '%j is refused by the schema',
    (given) => {
      expect(() => settingsOf(given)).toThrow(coded('config-invalid'));
    },
  );

  it('differential privacy of users is one more federation for each ε, and none where it is not asked for', () => {
    const named = { dp: 'user', epsilon: [8, 1e6], aggregation: 'secure', control: false };
    const names = (given: Record<string, unknown>): string[] =>
      casesOf(settingsOf(given)).flatMap(({ scenarios }) => scenarios.map(nameOf));
    expect(names(named)).toEqual([
      'p2-theta1-secure-seed1',
      'p2-theta1-secure-eps8-seed1',
      'p2-theta1-secure-eps1000000-seed1',
    ]);
    expect(names({ ...named, dp: 'none' })).toEqual(['p2-theta1-secure-seed1']);
    expect(() => settingsOf({ dp: 'user', epsilon: [8, 8] })).toThrow('epsilon: each value only once');
    expect(() => settingsOf({ dp: 'user', epsilon: [1e-9] })).toThrow(coded('privacy-infeasible'));
  });

  it('the target may be any class where the adversary has none', () => {
    expect(settingsOf({ participants: [11], target: 9 }).target).toBe(9);
  });
});
