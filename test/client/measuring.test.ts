import { describe, expect, it } from 'vitest';
import { Consent, type ModelRound } from '../../client/consent/consent.ts';
import { consentInMemory } from '../../client/consent/memory.ts';
import type { ClientPolicy, SignedSession } from '../../protocol/schemes/secagg/client/index.ts';
import { measuringPoint, termsOf } from '../../protocol/rounds/index.ts';
import { fromHex, toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { NO_HASH, type RoundSettings } from '../../protocol/wire/settings.ts';
import { settingsFor } from './support/rounds.ts';

const POLICY: ClientPolicy = { adversary: 'curious', colluding: 0, minCohort: 2, maxRoundsPerDay: 2 };
const SESSION = 'ee'.repeat(32);
const INPUT = 'aa'.repeat(32);

/** A model, and what it is known by where a round only measures. */
const pointOf = (model: number, measures: boolean): string => {
  const point = new Uint8Array(32).fill(model);
  return toHex(measures ? measuringPoint(nodePrimitives, point) : point);
};

const round = (model: number, measures: boolean, change: Partial<RoundSettings> = {}): ModelRound => ({
  settings: { ...settingsFor(NO_HASH, { task: 'digits' }), ...(measures ? { measures } : {}), ...change },
  point: pointOf(model, measures),
});

const sessionOf = (ids: readonly number[]): SignedSession => ({
  ...{ settingsHash: 'cc'.repeat(32), root: 'dd'.repeat(32), ids, graph: 'complete' },
  ...{ degree: ids.length - 1, threshold: 2 },
});

/** A client that trains, sends and signs. */
function client(policy = POLICY) {
  const consent = new Consent(consentInMemory(), () => 1_800_000_000_000);
  return {
    consent,
    rounds: async (model = 1) => (await consent.history(pointOf(model, false))).roundsWithinDay,
    take: async (from: ModelRound, ids: readonly number[], trained: boolean, input = INPUT) => {
      const { settings, point } = from;
      const asked = { settings: { ...settings, minCohort: ids.length }, point };
      if (trained) await consent.training(asked, policy);
      const session = sessionOf(ids);
      const sending = { input, counted: trained, sessionId: SESSION, session };
      await consent.sharing(asked, sending, policy);
      await consent.sending(asked, sending, policy);
      await consent.signing(asked, { members: ids, session, sessionId: SESSION }, policy);
    },
  };
}

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('a client that has measured', () => {
  it('is not bound by it in the round that follows: who dropped meanwhile is not missed', async () => {
    const { take } = client();
    await take(round(1, true), [1, 2, 3, 4], true);
    await expect(take(round(1, false), [1, 2, 3], false)).resolves.toBeUndefined();
    // As it would be if a measure were a sum of updates.
    const bound = client();
    await bound.take(round(1, false), [1, 2, 3, 4], true);
    await expect(bound.take(round(1, false), [1, 2, 3], false)).rejects.toThrow(refused('cohort-too-similar'));
  });

  it('helps to measure one set of members from a model, with one input, and no other: peaks of two would differ by few', async () => {
    const { take } = client();
    await take(round(1, true), [1, 2, 3, 4], true);
    await expect(take(round(1, true), [1, 2, 3], false)).rejects.toThrow(refused('cohort-too-similar'));
    await expect(take(round(1, true), [1, 2, 3, 4], false, 'bb'.repeat(32))).rejects.toThrow(refused('input-changed'));
    await expect(take(round(1, true), [1, 2, 3, 4], false)).resolves.toBeUndefined();
  });

  it('counts the measure and its round as one of the day, and further ones as ever', async () => {
    const { take, rounds } = client();
    await take(round(1, true), [1, 2, 3], true);
    await take(round(1, false), [1, 2, 3], false);
    expect(await rounds(2)).toBe(1);
    await take(round(2, false), [1, 2, 3], true);
    expect(await rounds(3)).toBe(2);
    await expect(take(round(3, true), [1, 2, 3], true)).rejects.toThrow(refused('policy-rounds-per-day'));
  });

  it('takes the same members on no other scales under minCohortDifference: whom they cut only that one knows', async () => {
    const policy = { ...POLICY, maxRoundsPerDay: 9, minCohortDifference: 2 };
    const wide = { maxExamples: 1 << 20 };
    const finer = { maxExamples: 64 };
    const whole = client(policy);
    await whole.take(round(1, true), [1, 2, 3], true);
    await whole.take(round(1, false, wide), [1, 2, 3], false);
    await expect(whole.take(round(2, false, finer), [1, 2, 3], true)).rejects.toThrow(refused('cohort-too-similar'));
    await expect(whole.take(round(3, false, wide), [1, 2, 3], true)).resolves.toBeUndefined();
    await expect(whole.take(round(4, false, finer), [1, 2, 4, 5], true)).resolves.toBeUndefined();
    // From one model other scales are refused to everybody, cut or not.
    await expect(whole.take(round(1, false, finer), [1, 2, 3], false)).rejects.toThrow(refused('input-changed'));
    expect(toHex(termsOf(nodePrimitives, round(1, false, finer).settings))).not.toBe(
      toHex(termsOf(nodePrimitives, round(1, false, wide).settings)),
    );
    expect(fromHex(pointOf(1, true))).not.toEqual(fromHex(pointOf(1, false)));
  });
});
