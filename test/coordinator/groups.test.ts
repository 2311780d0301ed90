import { afterEach, describe, expect, it } from 'vitest';
import { seededTensors } from '../../coordinator/rounds/seeded.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { METRIC_COORDINATES } from '../../protocol/quantize/scheme.ts';
import { closeAll, type Hall, openHall, SHAPES } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';
import type { Script, ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

afterEach(closeAll);

const TWELVE = Array.from({ length: 12 }, (_, i) => i + 1);

const joinAll = (hall: Hall, scripts: Readonly<Record<number, Script>> = {}): Promise<ScriptedClient[]> =>
  Promise.all(TWELVE.map((member) => hall.join(member, scripts[member])));

/** Four groups of three out of twelve. */
const split = (change: object) => ({ cohort: 12, groups: { count: 4, ...change } });

/** Adds as much to every coordinate of the model as the modulus allows: far beyond what a clipped update can hold. */
const huge: Script = {
  words: (values, { modulusBits, dimension }) => {
    for (let j = 0; j < dimension; j++) values[j]! += 0.6 * 2 ** (modulusBits - 1);
  },
};

/** Claims a weight below zero, greater than those of all others together. */
const weightless: Script = {
  words: (values, { dimension, modulusBits }) => {
    values[dimension] = 2 ** modulusBits - 0.9 * 2 ** (modulusBits - 1);
  },
};

/** How far each coordinate of the model is from where it began. */
function moved(hall: Hall): number[] {
  const before = seededTensors(SHAPES, 1);
  const model = hall.coordinator.model('toy')!;
  return (['b', 'w'] as const).flatMap((name) => [...model[name]!].map((value, j) => value - before[name]![j]!));
}

const RULES = [{ rule: 'median' }, { rule: 'trimmed-mean', trim: 1 }, { rule: 'norm-filter', factor: 3 }] as const;

/** Members by the nonce of the group that they were invited to. */
function groupsOf(clients: readonly ScriptedClient[], round = 0): number[][] {
  const groups = new Map<string, number[]>();
  for (const { settings, member } of clients) {
    const nonce = toHex(settings[round]!.nonce);
    groups.set(nonce, [...(groups.get(nonce) ?? []), member]);
  }
  return [...groups.values()];
}

describe('a cohort that is split into groups', () => {
  it('has a round of secure aggregation in each group, and one new model', async () => {
    const hall = await openHall({ ...split({ rule: 'trimmed-mean' }), rounds: 2 });
    const clients = await joinAll(hall, { 1: { update: 1.5 } });
    await hall.coordinator.finished;
    for (const value of moved(hall)) expect(value).toBeCloseTo(1, 2); // the group of member 1 is trimmed, twice
    for (const round of [0, 1]) {
      const groups = groupsOf(clients, round);
      expect(groups.map(({ length }) => length)).toEqual([3, 3, 3, 3]);
      for (const { settings } of clients) expect(settings[round]).toMatchObject({ maxCohort: 3, minCohort: 3 });
    }
    expect(hall.reports).toHaveLength(2);
    expect(hall.reports[0]).toMatchObject({
      outcome: 'committed',
      included: 12,
      members: { invited: 12, advertised: 12, shared: 12, input: 12, consistent: 12, unmasked: 12 },
      groups: Array.from({ length: 4 }, () => ({ invited: 3, included: 3 })),
      drops: [],
    });
    expect(hall.reports[0]!.examples).toBeCloseTo(1200, 0);
    const sent = clients.flatMap((client) => client.sent);
    expect(hall.reports[0]!.bytesUp + hall.reports[1]!.bytesUp).toBe(
      sent.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    // Told as one round: each state once, with everybody in it.
    const states = ['advertise-keys', 'share-keys', 'masked-input', 'consistency-check', 'unmasking', 'computing'];
    const ofFirst = hall.states.filter(({ round }) => round === 1);
    expect(ofFirst.map(({ state }) => state).filter((state) => state !== 'committed')).toEqual(states);
    expect(ofFirst.every(({ members }) => members === 12)).toBe(true);
    await until(() => clients.every(({ end }) => end !== undefined));
    for (const { end } of clients) expect(end).toMatchObject({ kind: 'committed', included: true });
  });

  it('says what its groups expose, in its status and at the start of its log', async () => {
    const hall = await openHall(split({ rule: 'median' }));
    // Threshold 2 of 3: one that colludes learns nothing of the others. γ is a quarter, so three of twelve.
    const exposure = { groupSize: 3, tolerated: 1, safeShare: 1 / 12 };
    expect(hall.coordinator.tasks[0]!.groups).toMatchObject({ count: 4, rule: 'median', ...exposure });
    // Two or all of three given members meet in one of four groups of three.
    expect(hall.coordinator.tasks[0]!.groups!.chance).toBeCloseTo((4 * (3 * 9 + 1)) / 220, 9);
    const line = hall.lines.map((text) => JSON.parse(text) as object).find((entry) => 'tolerated' in entry);
    expect(line).toMatchObject({ event: 'groups-exposed', groups: 4, members: 3, tolerated: 1 });
  });

  it('is split again in each round', async () => {
    const hall = await openHall({ ...split({ rule: 'median' }), rounds: 4 });
    const clients = await joinAll(hall);
    await hall.coordinator.finished;
    const text = (round: number): string =>
      groupsOf(clients, round)
        .map((group) => group.join(' '))
        .sort()
        .join(', ');
    // Four times the same of 15 400 partitions is no chance.
    expect(new Set([0, 1, 2, 3].map(text)).size).toBeGreaterThan(1);
  });

  it('continues without a group that has too few survivors, and sends its members the new model', async () => {
    let silenced = 0;
    const silent: Script = { send: (name, bytes) => (name === 'maskedInput' && ++silenced > 0 ? undefined : bytes) };
    const hall = await openHall({ ...split({ rule: 'median' }), deadlines: { maskedInput: 0.5 } });
    const clients = await joinAll(hall, { 7: silent });
    await hall.coordinator.finished;
    const { groups = [], included, outcome, modelHash } = hall.reports[0]!;
    expect({ outcome, included, silenced }).toEqual({ outcome: 'committed', included: 9, silenced: 1 });
    expect(groups.filter(({ code }) => code !== undefined)).toMatchObject([{ included: 0, code: 'below-threshold' }]);
    for (const value of moved(hall)) expect(value).toBeCloseTo(0.5, 2);
    await until(() => clients.every(({ end }) => end !== undefined));
    const lost = groupsOf(clients).find((group) => group.includes(7))!;
    for (const { member, end } of clients) {
      if (member === 7) continue;
      expect(end).toMatchObject({ kind: 'committed', included: !lost.includes(member) });
      expect(end?.kind === 'committed' && toHex(end.modelHash)).toBe(modelHash);
    }
  });

  it('makes no model from fewer groups than the task requires', async () => {
    const silent: Script = { send: (name, bytes) => (name === 'maskedInput' ? undefined : bytes) };
    const hall = await openHall({ ...split({ rule: 'median', minSums: 4 }), deadlines: { maskedInput: 0.5 } });
    const clients = await joinAll(hall, { 7: silent });
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error).toMatchObject({
      code: 'groups-missing',
      message: expect.stringContaining('3 of 4 groups') as string,
    });
    await until(() => clients.every(({ end }) => end !== undefined));
    expect(clients[0]!.end).toMatchObject({ kind: 'abandoned' });
    for (const value of moved(hall)) expect(value).toBe(0);
  });
});

describe('one member of twelve that sends what it should not', () => {
  it('ruins the mean of all', async () => {
    const hall = await openHall({ cohort: 12 });
    await joinAll(hall, { 5: huge });
    await hall.coordinator.finished;
    expect(hall.reports[0]!.outcome).toBe('committed');
    for (const value of moved(hall)) expect(value).toBeGreaterThan(5);
  });

  it.each(RULES)('moves no model of groups under $rule', async (groups) => {
    const hall = await openHall({ ...split(groups), rounds: 3 });
    const clients = await joinAll(hall, { 5: huge });
    await hall.coordinator.finished;
    for (const value of moved(hall)) expect(value).toBeCloseTo(1.5, 2);
    const leftOut = hall.reports[0]!.groups!.filter(({ code }) => code !== undefined);
    if (groups.rule !== 'norm-filter') {
      expect(leftOut).toEqual([]);
      return;
    }
    expect(leftOut).toEqual([{ invited: 3, included: 0, code: 'sum-outlier' }]);
    expect(hall.reports[0]!.included).toBe(9);
    const outside = groupsOf(clients).find((group) => group.includes(5))!;
    for (const { member, events } of clients) {
      const end = events.find(({ kind }) => kind === 'committed');
      expect(end).toMatchObject({ included: !outside.includes(member) });
    }
  });

  it('ends a round of all with a forged weight, but costs only its group if there are groups', async () => {
    const whole = await openHall({ cohort: 12 });
    await joinAll(whole, { 5: weightless });
    expect(await rejectionOf(whole.coordinator.finished)).toMatchObject({ code: 'data-empty' });

    const hall = await openHall(split({ rule: 'median' }));
    await joinAll(hall, { 5: weightless });
    await hall.coordinator.finished;
    for (const value of moved(hall)) expect(value).toBeCloseTo(0.5, 2);
    expect(hall.reports[0]!.groups!.map(({ code }) => code).filter((code) => code !== undefined)).toEqual([
      'data-empty',
    ]);
  });

  it('does not control the metrics', async () => {
    const liar: Script = {
      words: (values, { modulusBits }) => {
        for (let i = 1; i < METRIC_COORDINATES; i++) values[values.length - i] = 0.6 * 2 ** (modulusBits - 1);
      },
    };
    const hall = await openHall(split({ rule: 'median' }));
    await joinAll(hall, { 5: liar });
    await hall.coordinator.finished;
    expect(hall.reports[0]!.loss).toBeCloseTo(1.5, 2);
    expect(hall.reports[0]!.accuracy).toBeCloseTo(0.25, 2);
  });
});

it('three groups are enough for a median to withstand one of them', async () => {
  const hall = await openHall({ cohort: 12, groups: { count: 3, rule: 'median' } });
  const clients = await joinAll(hall, { 5: huge });
  await hall.coordinator.finished;
  expect(groupsOf(clients)).toHaveLength(3);
  for (const value of moved(hall)) expect(value).toBeCloseTo(0.5, 2);
});
