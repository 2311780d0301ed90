import { receiveMessage } from '../../protocol/wire/header.ts';
import { describe, expect, it } from 'vitest';
import { inTurns } from '../../platform/index.ts';
import type { SecretRecovery } from '../../protocol/schemes/secagg/server/secret-recovery.ts';
import { secretsOf } from '../../protocol/schemes/secagg/server/result.ts';
import { stepServer } from '../../protocol/schemes/secagg/server/session.ts';
import type { ServerState, ServerStep } from '../../protocol/schemes/secagg/server/types.ts';
import { computePlan, type UnmaskPlan } from '../../protocol/schemes/secagg/unmask.ts';
import type { SecretBytes } from '../../protocol/crypto/secret.ts';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { createMaskVector } from '../../protocol/kernels/index.ts';
import { decodeUnmaskShares, encodeUnmaskShares } from '../../protocol/schemes/secagg/messages/unmask-shares.ts';
import { errorOf } from '../coordinator/support/errors.ts';
import { Lab, type Mail } from '../../simulations/attacks/open-round/lab.ts';

interface Scene {
  readonly lab: Lab;
  readonly step: ServerStep;
  readonly state: Extract<ServerState, { name: 'computing' }>;
  readonly plan: UnmaskPlan;
  readonly opening: SecretRecovery;
  readonly shares: readonly SecretBytes[];
}

/** A round of six, one of them gone after it shared, whose secrets are to be opened in turns. */
function sceneOf(rewrite: (mail: Mail) => Uint8Array = ({ bytes }) => bytes, threshold = 0): Scene {
  const lab = new Lab({ seed: 'in turns', n: 6, settings: { threshold } });
  lab.serverIn('masked-input');
  lab.down();
  lab.toServer = lab.toServer.filter(({ member }) => member !== memberId(6));
  lab.leave(6);
  const state = lab.serverIn('unmasking');
  let step: ServerStep = {
    state: { ...state, context: { ...state.context, opening: 'in-turns' } },
    send: [],
    events: [],
    wipe: [],
  };
  lab.down();
  const { revealed } = state;
  for (const mail of lab.toServer) {
    step = stepServer(step.state, { kind: 'message', from: mail.member, message: receiveMessage(rewrite(mail)) });
  }
  const event = step.events.find(({ kind }) => kind === 'unmask-plan');
  if (event?.kind !== 'unmask-plan' || step.state.name !== 'computing') throw new Error('there is no plan');
  const { plan, opening } = event;
  return { lab, step, state: step.state, plan, opening, shares: [...revealed.values()] };
}

const allZero = (secrets: readonly SecretBytes[]): boolean => secrets.every((secret) => secret.forTestingIsZero());

const falseShares = ({ bytes }: Mail): Uint8Array => {
  const message = decodeUnmaskShares(bytes);
  const constant = new Uint8Array(SIZES.share);
  constant[0] = 5;
  const shares = message.shares.slice();
  shares.set(constant, 5 * SIZES.share);
  return encodeUnmaskShares({ ...message, shares });
};

/** The first member lies about its share of its own self seed. */
const oneFalseShare = ({ member, bytes }: Mail): Uint8Array => {
  if (member !== memberId(1)) return bytes;
  const message = decodeUnmaskShares(bytes);
  const shares = message.shares.slice();
  shares[0]! ^= 1;
  return encodeUnmaskShares({ ...message, shares });
};

describe('secrets that are opened in turns', () => {
  it('come one by one, and give the sum that they give at once', () => {
    const { lab, state, plan, opening, shares, step } = sceneOf();
    expect(step.wipe).toEqual([]);
    expect(plan.jobs).toEqual([]);
    const steps = [...opening.steps()];
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(plan.jobs.map(({ kind }) => kind)).toEqual(['self', 'self', 'self', 'self', 'self', 'pair']);
    expect(shares).toHaveLength(5);
    expect(allZero(shares)).toBe(true);
    const end = stepServer(state, { kind: 'unmasked', correction: computePlan(plan, lab.primitives) });
    const committed = end.events.find(({ kind }) => kind === 'committed');
    const members = [1, 2, 3, 4, 5].map(memberId);
    expect(committed).toMatchObject({ included: members, sum: lab.plainSum(members) });
    for (const secret of end.wipe) secret.wipe();
    expect(allZero(plan.jobs.map((job) => (job.kind === 'self' ? job.key : job.secretKey)))).toBe(true);
  });

  it('are no plan before the last is there', () => {
    const { state, plan, opening } = sceneOf();
    const correction = createMaskVector(plan.length);
    opening.steps().next();
    const early = stepServer(state, { kind: 'unmasked', correction });
    expect(early.refusal?.code).toBe('wrong-state');
    expect(early.state).toBe(state);
  });

  it('are all wiped where the round is abandoned in the middle', () => {
    const { state, plan, opening, shares } = sceneOf();
    const steps = opening.steps();
    for (let i = 0; i < 3; i++) steps.next();
    expect(allZero(shares)).toBe(false);
    const end = stepServer(state, { kind: 'abandon', error: new CairnError('round-abandoned', 'over') });
    for (const secret of end.wipe) secret.wipe();
    expect(plan.jobs).toHaveLength(3);
    expect(allZero(shares)).toBe(true);
    expect(allZero(secretsOf(state))).toBe(true);
    // Whoever goes on by mistake finds nothing.
    expect(errorOf(() => steps.next()).code).toBe('secret-wiped');
  });

  it('pause while false shares are corrected, and name who revealed them with the outcome', () => {
    const { lab, state, plan, opening, shares } = sceneOf(oneFalseShare, 3);
    const steps = [...opening.steps()];
    expect(steps.length).toBeGreaterThan(2 * 6);
    expect([...new Set(steps)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(allZero(shares)).toBe(true);
    const end = stepServer(state, { kind: 'unmasked', correction: computePlan(plan, lab.primitives) });
    const drop = { member: 1, state: 'unmasking', reason: 'share-false', effect: 'after-input', owners: [1] };
    expect(end.events.map(({ kind }) => kind)).toEqual(['state', 'dropped', 'committed']);
    expect(end.events[1]).toEqual({ kind: 'dropped', drop });
    expect(end.events[2]).toMatchObject({ sum: lab.plainSum([1, 2, 3, 4, 5].map(memberId)) });
    for (const secret of end.wipe) secret.wipe();
    expect(
      allZero([...secretsOf(state), ...plan.jobs.map((job) => (job.kind === 'self' ? job.key : job.secretKey))]),
    ).toBe(true);
  });

  it('are wiped where the round is abandoned in the middle of a correction, and what was found is told', () => {
    const { state, opening, shares } = sceneOf(oneFalseShare, 3);
    const all = [...sceneOf(oneFalseShare, 3).opening.steps()].length;
    for (const taken of [1, 2, Math.floor(all / 2), all - 1]) {
      const scene = taken === 1 ? { state, opening, shares } : sceneOf(oneFalseShare, 3);
      const steps = scene.opening.steps();
      for (let i = 0; i < taken; i++) steps.next();
      const error = new CairnError('round-abandoned', 'over');
      const end = stepServer(scene.state, { kind: 'abandon', error });
      for (const secret of end.wipe) secret.wipe();
      expect(allZero([...scene.shares, ...secretsOf(scene.state)])).toBe(true);
      const found = scene.opening.falseShares.size;
      expect(end.events.filter(({ kind }) => kind === 'dropped')).toHaveLength(found);
      expect(found).toBe(scene.opening.jobs.length > 0 ? 1 : 0);
    }
  });

  it('name the culprit whose key is another than it advertised, and are wiped with the round', () => {
    const { state, opening, shares } = sceneOf(falseShares);
    const error = errorOf(() => opening.runAtOnce());
    expect(error).toMatchObject({ code: 'secret-mismatch', culprits: [6] });
    expect(opening.finished).toBe(false);
    const end = stepServer(state, { kind: 'abandon', error });
    expect(end.state.name).toBe('aborted');
    expect(end.events).toContainEqual(expect.objectContaining({ kind: 'aborted', error }));
    for (const secret of end.wipe) secret.wipe();
    expect(allZero([...shares, ...secretsOf(state)])).toBe(true);
  });
});

describe('a computation in turns', () => {
  const signal = new AbortController().signal;

  it('lets others work after every slice', async () => {
    let turns = 0;
    let over = false;
    const tick = (): void => {
      turns++;
      if (!over) setImmediate(tick);
    };
    setImmediate(tick);
    const seen: number[] = [];
    await inTurns([1, 2, 3, 4, 5], { signal, sliceMs: 0, onPause: (step) => void seen.push(step) });
    over = true;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('cleans up and ends where it is aborted', async () => {
    const over = new AbortController();
    let clean = false;
    function* steps(): Generator<number, void> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        clean = true;
      }
    }
    const options = { signal: over.signal, sliceMs: 0, onPause: () => over.abort(new Error('over')) };
    await expect(inTurns(steps(), options)).rejects.toThrow('over');
    expect(clean).toBe(true);
  });

  it('does not begin where it is aborted already', async () => {
    const started: number[] = [];
    function* steps(): Generator<number, void> {
      started.push(1);
      yield 1;
    }
    await expect(inTurns(steps(), { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over');
    expect(started).toEqual([]);
  });
});
