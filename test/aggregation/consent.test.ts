import type { ClientEvent } from '../../protocol/schemes/secagg/client/index.ts';
import { describe, expect, it } from 'vitest';
import { type ClientHistory, type ClientPolicy } from '../../protocol/rounds/index.ts';
import { termsOf } from '../../protocol/rounds/inputs/index.ts';
import {
  type AdversaryModel,
  assertSound,
  type RoundParameters,
} from '../../protocol/schemes/secagg/parameters/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { memberId } from '../../protocol/ids.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { encodeSettings, type RoundPrivacy, type RoundSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';

function isSound(parameters: RoundParameters, model: AdversaryModel): boolean {
  try {
    assertSound(parameters, model);
    return true;
  } catch {
    return false;
  }
}

const ME = memberId(1);
const NOTHING: ClientHistory = { roundsWithinDay: 0, rebasesWithinDay: 0, opened: [], record: undefined };

/** What a client says to an invitation: its own words and those for the coordinator, or the state it goes on in. */
function answer(policy: Partial<ClientPolicy>, change: Partial<RoundSettings>, history = NOTHING) {
  const lab = new Lab({ seed: 'consent', n: 3, policy, historyOf: () => history });
  const settings = encodeSettings({ ...lab.settings, ...change });
  const context = settingsHash(lab.primitives, settings);
  const step = lab.start(ME, encodeInvitation({ suite: 1, context, settings }));
  const event = step.events.at(-1);
  if (event?.kind !== 'refused') return { state: step.state.name };
  expect(step.send).toHaveLength(1);
  const { code, message } = decodeAbort(step.send[0]!.bytes);
  expect({ code, message }).toEqual({ code: event.error.code, message: event.error.message });
  expect(event.error.hint).not.toBe('');
  return { state: step.state.name, code, message };
}

const noise = (placement: RoundPrivacy['placement'], noiseMultiplier: number): RoundPrivacy => ({
  placement,
  distribution: 'discrete-gaussian',
  noiseMultiplier,
  minHonestSurvivors: placement === 'central' ? 1 : 2,
  bitWidth: 0,
  sampling: 1,
  epsilon: 5,
  delta: 1e-5,
  spent: 0,
});

describe('an invitation beyond the client’s policy is refused, and the coordinator reads why', () => {
  it.each<[string, Partial<ClientPolicy>, Partial<RoundSettings>, string, string]>([
    [
      'to another task',
      { tasks: ['a', 'b'] },
      { task: 'c' },
      'policy-task',
      'task "c" is not one of those that this client takes part in',
    ],
    ['to a task that differs in case', { tasks: ['Digits'] }, { task: 'digits' }, 'policy-task', '"digits"'],
    [
      'without noise',
      { minNoise: { multiplier: 0.5 } },
      {},
      'policy-noise',
      'asks for distributed noise with a multiplier of at least 0.5, the round has none',
    ],
    [
      'with less noise',
      { minNoise: { multiplier: 1 } },
      { privacy: noise('distributed', 0.99) },
      'policy-noise',
      'the round has distributed noise with multiplier 0.99',
    ],
    [
      'with noise that the coordinator adds, however much',
      { minNoise: { multiplier: 1 } },
      { privacy: noise('central', 100) },
      'policy-noise',
      'the round has central noise with multiplier 100',
    ],
    [
      'with less of the coordinator’s noise',
      { minNoise: { placement: 'central', multiplier: 1 } },
      { privacy: noise('central', 0.5) },
      'policy-noise',
      'asks for central noise with a multiplier of at least 1',
    ],
  ])('%s', (_, policy, change, code, words) => {
    const said = answer(policy, change);
    expect(said).toMatchObject({ state: 'closed', code });
    expect(said.message).toContain(words);
  });

  it('when it has taken part often enough today', () => {
    const twice = { ...NOTHING, roundsWithinDay: 2 };
    expect(answer({ maxRoundsPerDay: 3 }, {}, twice)).toEqual({ state: 'advertise-keys' });
    expect(answer({ maxRoundsPerDay: 2 }, {}, twice)).toMatchObject({
      code: 'policy-rounds-per-day',
      message: 'this client has taken part in 2 rounds within 24 hours, its limit is 2',
    });
    expect(answer({ maxRoundsPerDay: 2 }, {}, { ...NOTHING, roundsWithinDay: 3 }).state).toBe('closed');
  });
});

describe('an invitation from a model that something was sent from', () => {
  const TERMS = toHex(termsOf(nodePrimitives, new Lab({ seed: 'consent', n: 3 }).settings));
  const sent = (repeat: number, terms = TERMS): ClientHistory => ({
    ...NOTHING,
    record: { inputs: [{ repeat, input: '00'.repeat(32), terms }], signed: undefined },
  });
  const noisy = { privacy: noise('distributed', 1) };

  it.each<[string, Partial<RoundSettings>, ClientHistory, string | undefined]>([
    ['for the same repeat on the same terms is taken', {}, sent(0), undefined],
    ['for a later repeat is taken', { repeat: 2 }, sent(1), undefined],
    ['for an earlier repeat is refused', { repeat: 1 }, sent(2), 'repeat-refused'],
    ['on other terms is refused', {}, sent(0, 'ff'.repeat(32)), 'input-changed'],
    ['on other terms is refused for a later repeat too', { repeat: 1 }, sent(0, 'ff'.repeat(32)), 'input-changed'],
    [
      'that is closed is refused',
      {},
      { ...NOTHING, record: { inputs: [], signed: undefined, closed: true } },
      'input-changed',
    ],
    ['for more repeats than are allowed is refused', { repeat: 3 }, NOTHING, 'repeat-refused'],
    ['of a rebase is taken', { rebases: 1 }, { ...NOTHING, rebasesWithinDay: 1 }, undefined],
    ['of a rebase too many is refused', { rebases: 1 }, { ...NOTHING, rebasesWithinDay: 2 }, 'rebase-refused'],
    ['of no rebase is taken however many there were', {}, { ...NOTHING, rebasesWithinDay: 9 }, undefined],
    ['with the coordinator’s word for its members’ noise is held against it', noisy, sent(0), 'input-changed'],
  ])('%s', (_, change, history, code) => {
    expect(answer({}, change, history).code).toBe(code);
  });

  it('is taken on any terms where the client relies on its members’ noise', () => {
    expect(answer({ minNoise: { multiplier: 1 } }, noisy, sent(0)).code).toBeUndefined();
  });
});

describe('an invitation within it is taken', () => {
  it.each<[string, Partial<ClientPolicy>, Partial<RoundSettings>]>([
    ['to one of its tasks', { tasks: ['a', 'b'] }, { task: 'b' }],
    ['to any task where it names none', {}, { task: 'whatever' }],
    ['without noise where it asks for none', {}, {}],
    ['with the very noise', { minNoise: { multiplier: 1 } }, { privacy: noise('distributed', 1) }],
    [
      'with the clients’ noise where the coordinator’s would do',
      { minNoise: { placement: 'central', multiplier: 1 } },
      { privacy: noise('distributed', 1) },
    ],
    [
      'with the coordinator’s noise where that will do',
      { minNoise: { placement: 'central', multiplier: 1 } },
      { privacy: noise('central', 1) },
    ],
    ['however often, where it sets no limit', { maxRoundsPerDay: 0 }, {}],
  ])('%s', (_, policy, change) => {
    expect(answer(policy, change, { ...NOTHING, roundsWithinDay: 1_000_000 })).toEqual({ state: 'advertise-keys' });
  });
});

describe('the least threshold', () => {
  // Complete graphs, curious: more than half of the cohort.
  it.each([
    [7, 4, undefined],
    [7, 5, 'policy-threshold'],
    [9, 5, undefined],
    [5, 4, 'policy-threshold'],
  ] as const)('of %i members: %i shares are asked for', (n, minThreshold, code) => {
    const lab = new Lab({ seed: 'least threshold', n, policy: { minThreshold } }).run();
    expect(lab.refusals.get(ME)?.code).toBe(code);
    expect(lab.committed !== undefined).toBe(code === undefined);
    if (code === undefined) return;
    expect(lab.messages('shareKeys')).toEqual([]);
    expect(lab.drops.map(({ member, reason }) => [member, reason])).toContainEqual([ME, code]);
  });

  it('is met by an explicit one of the settings', () => {
    const lab = new Lab({ seed: 'explicit', n: 7, policy: { minThreshold: 6 }, settings: { threshold: 6 } }).run();
    expect(lab.refusals.size).toBe(0);
    expect(lab.committed).toBeDefined();
  });
});

describe('a session without a history', () => {
  it('keeps no ids, tells of nothing that it opened, and holds no round against those before', () => {
    const lab = new Lab({ seed: 'none', n: 4, policy: { minCohortDifference: 4, maxRoundsPerDay: 1 } });
    expect(lab.client(ME, 'unmasking').facts.ids).toBeUndefined();
    lab.run();
    expect(lab.committed).toBeDefined();
    expect(lab.clientEvents.filter(({ event }) => event.kind === 'revealed')).toEqual([]);
  });
});

describe('a session with a history', () => {
  const SIGNED = { members: [1, 2, 4], sessions: [], proven: [] };

  it.each(['curious', 'active'] as const)('tells of the set before anything is sent for it: %s', (adversary) => {
    const lab = new Lab({ seed: 'some', n: 5, adversary, historyOf: () => NOTHING });
    const told = (): ClientEvent[] =>
      lab.clientEvents.map(({ event }) => event).filter(({ kind }) => kind === 'signing');
    lab.serverIn('masked-input');
    lab.leave(3);
    lab.client(ME, adversary === 'active' ? 'consistency-check' : 'unmasking');
    expect(told()).toEqual([]);
    const { settingsHash } = lab.server.context;
    lab.run();
    const [first] = told();
    expect(told()).toEqual([first, first, first, first]);
    expect(first).toEqual({
      kind: 'signing',
      members: [1, 2, 4, 5],
      session: {
        settingsHash: toHex(settingsHash),
        root: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        ids: [1, 2, 3, 4, 5],
        ...{ graph: 'complete', degree: 4, threshold: expect.any(Number) as number },
      },
      sessionId: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it.each([
    ['the very set', 3, [1, 2, 3], [], undefined],
    ['one member more', 4, [1, 2, 3], [], 'cohort-too-similar'],
    ['one member less', 3, [1, 2, 3, 4], [], 'cohort-too-similar'],
    ['no member of it but this one', 4, [1, 8, 9], [], 'cohort-too-similar'],
    ['it without one that was proven to lie', 3, [1, 2, 3, 4], [4], undefined],
    ['it without another one', 3, [1, 2, 3, 4], [2], 'cohort-too-similar'],
  ] as const)('shares no keys with a roster of %s', (_, n, members, proven, code) => {
    const record = { inputs: [], signed: { members, sessions: [], proven } };
    const settings = { minCohort: n };
    const lab = new Lab({ seed: 'roster', n, settings, historyOf: () => ({ ...NOTHING, record }) }).run();
    expect(lab.refusals.get(ME)?.code).toBe(code);
    expect(lab.messages('shareKeys')).toHaveLength(code === undefined ? n : 0);
    expect(lab.committed !== undefined).toBe(code === undefined);
  });

  it('shares no keys with the very set where the settings allow a smaller sum', () => {
    const record = { inputs: [], signed: { ...SIGNED, members: [1, 2, 3, 4] } };
    const settings = { minCohort: 3 };
    const lab = new Lab({ seed: 'smaller', n: 4, settings, historyOf: () => ({ ...NOTHING, record }) }).run();
    expect(lab.refusals.get(ME)?.code).toBe('cohort-too-similar');
    expect(lab.messages('shareKeys')).toEqual([]);
  });

  it.each(['curious', 'active'] as const)('signs and reveals nothing of another set: %s', (adversary) => {
    const record = { inputs: [], signed: { ...SIGNED, members: [1, 2, 3, 4, 5] } };
    const settings = { minCohort: 5 };
    const lab = new Lab({ seed: 'set', n: 5, adversary, settings, historyOf: () => ({ ...NOTHING, record }) });
    lab.serverIn('masked-input');
    lab.leave(3);
    lab.run();
    expect(lab.aborted?.error.code).toBe('below-threshold');
    expect([...lab.messages('consistency'), ...lab.messages('unmaskShares')]).toEqual([]);
    expect(lab.clientEvents.filter(({ event }) => event.kind === 'signing')).toEqual([]);
  });

  it('tells of the members whose shares it reveals, with the message that reveals them, and only then', () => {
    const lab = new Lab({ seed: 'some', n: 4, historyOf: () => NOTHING });
    const told = (): unknown[] => lab.clientEvents.filter(({ event }) => event.kind === 'revealed');
    lab.serverIn('masked-input');
    lab.leave(3);
    lab.client(ME, 'unmasking');
    expect(told()).toEqual([]);
    lab.run();
    const revealed = { kind: 'revealed', members: [1, 2, 4] };
    expect(told()).toEqual([1, 2, 4].map((member) => ({ member, event: revealed })));
  });
});

describe('quorums that sign in two active rounds whose sums differ in one honest member', () => {
  it('meet in an honest member, at the least sound quorums and with whatever colluders in either', () => {
    const known = new Map<string, number>();
    const least = (n: number, colluders: number): number => {
      const key = `${n} ${colluders}`;
      let quorum = known.get(key) ?? 1;
      // Half a member more: shares of a cohort are rounded down.
      const model = { adversary: 'active', colluding: Math.min(0.999, (colluders + 0.5) / n) } as const;
      const complete = { graph: 'complete', n, degree: n - 1, threshold: n, witnesses: n } as const;
      while (!known.has(key) && quorum < n && !isSound({ ...complete, quorum }, model)) quorum++;
      known.set(key, quorum);
      return quorum;
    };
    let looked = 0;
    for (let honest = 2; honest <= 30; honest++) {
      for (let before = 0; before <= honest; before++) {
        for (let after = 0; after <= honest; after++) {
          // The second sum is without one of the honest, whom nobody needs for the first.
          const [n1, n2] = [honest + before, honest - 1 + after];
          if (n2 < 2) continue;
          const [t1, t2] = [least(n1, before), least(n2, after)];
          if (t1 > n1 || t2 > n2) continue;
          if (before >= n1 || after >= n2) continue;
          expect(t1 - before + t2 - after).toBeGreaterThan(honest);
          looked++;
        }
      }
    }
    expect(looked).toBeGreaterThan(1000);
  });
});
