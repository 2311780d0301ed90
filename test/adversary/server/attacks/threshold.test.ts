import { describe, expect, it } from 'vitest';
import { useScenes } from '../scenes.ts';
import { expectNoInput, expectOnlySum, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

// Eight members. Settings that reckon with no accomplice allow t = 2; who reckons with two of eight needs t = 3.
const N = 8;
const LOW = { colludingPpm: 0, threshold: 2 };
const HONEST = [1, 2, 3, 4, 5, 6];

describe('a threshold that is lower than a client’s own policy allows', () => {
  it('is refused before anything is shared', async () => {
    const hall = await scene({ seed: 'low', n: N, honest: HONEST, policy: { colluding: 0.25 } });
    hall.round({}, hall.settings(LOW));
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['threshold-unsound']));
    expectNoInput(hall);
  });

  it('RECOVERS the update of clients whose policy reckons with no accomplice: two of eight suffice', async () => {
    const hall = await scene({ seed: 'low allowed', n: N, honest: HONEST, policy: { colluding: 0 } });
    const settings = hall.settings(LOW);
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expectRecovered(hall, settings);
  });

  it('is all that made the difference: with the threshold that is derived, the same two get the others’ sum', async () => {
    const hall = await scene({ seed: 'low control', n: N, honest: HONEST, policy: { colluding: 0.25 } });
    const settings = hall.settings({ colludingPpm: 250_000 });
    hall.round({}, settings);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['committed']));
    expectOnlySum(hall, settings, hall.honest);
  });
});

describe('a cohort that is smaller than a client’s own policy allows', () => {
  it('is refused at the invitation', async () => {
    const hall = await scene({ seed: 'small', n: 4, honest: [1, 2, 3], policy: { minCohort: 5 } });
    hall.round({}, hall.settings({ minCohort: 3 }));
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['cohort-too-small']));
    expectNoInput(hall);
  });
});

describe('a round of a weaker class than a client’s own policy asks for', () => {
  it('is refused at the invitation', async () => {
    const hall = await scene({ seed: 'weak', n: 4, honest: [3] });
    hall.invite(hall.settings({ adversary: 'curious' }));
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'adversary-too-weak' });
    expectNoInput(hall);
  });
});
