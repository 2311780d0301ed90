import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { bitmapOf, setBits } from '../../protocol/wire/bitmap.ts';
import { decodeSurvivors, encodeSurvivors } from '../../protocol/schemes/secagg/messages/survivors.ts';
import { requestAs, rosterAs, routedAs, survivorsAs } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, rewriting } from '../../simulations/attacks/open-round/lab.ts';

/** Eight members; active: a quorum of 6 signs, and t = 3; curious: t = 5. The victim is member 2, at place 1. */
const N = 8;
const VICTIM = memberId(2);
const QUORUM = 6;
/** Members that must be left among those that a client shares with. */
const LEAST = { active: QUORUM, curious: 5 };

type Class = 'curious' | 'active';
const lab = (adversary: Class, options: Partial<ConstructorParameters<typeof Lab>[0]> = {}): Lab =>
  new Lab({ seed: `sets ${adversary}`, n: N, adversary, ...options });

/** The victim left under this code, and said nothing but that it did. */
function expectRefusal(session: Lab, code: ErrorCode): void {
  expect(session.refusals.get(VICTIM)?.code).toBe(code);
  expect(session.clients.get(VICTIM)?.name).toBe('closed');
  const said = session.toServer.filter(({ member }) => member === VICTIM);
  expect(said.map(({ bytes }) => bytes[2])).toEqual([0x0c]);
}

describe.each<Class>(['curious', 'active'])('in an %s round a client', (adversary) => {
  const t = LEAST[adversary];

  it('refuses a roster below the threshold of the settings', () => {
    const session = lab(adversary, { settings: { threshold: t } });
    session.serverIn('share-keys');
    session.down(rosterAs((members) => members.slice(0, t - 1)));
    expectRefusal(session, 'too-few-members');
  });

  it('refuses a roster below its own least cohort, whatever the settings allow', () => {
    const settings = { minCohort: N };
    const session = lab(adversary, { settings, policy: { minCohort: N } });
    session.serverIn('share-keys');
    session.down(rosterAs((members) => members.slice(0, N - 1)));
    expectRefusal(session, 'cohort-too-small');
  });

  it('refuses a roster above the cohort that the overflow budget is for', () => {
    const session = lab(adversary, { settings: { maxCohort: N } });
    session.serverIn('share-keys');
    session.down(rosterAs((members) => [...members, { ...members[0]!, member: memberId(99) }]));
    expectRefusal(session, 'overflow-budget');
  });

  it('refuses a U2 below the threshold, itself counted, and takes one at the threshold', () => {
    for (const left of [t - 1, t]) {
      const session = lab(adversary);
      session.serverIn('masked-input');
      // The victim has N − 1 neighbours, and counts itself.
      session.down(
        routedAs((entries, to) => {
          if (to !== VICTIM) return;
          for (const place of [...entries.keys()].slice(left - 1)) entries.delete(place);
        }),
      );
      if (left < t) expectRefusal(session, 'too-few-members');
      else expect(session.refusals.get(VICTIM)).toBeUndefined();
    }
  });

  it('refuses shares that are routed over another number of neighbours', () => {
    const session = lab(adversary);
    session.serverIn('masked-input');
    session.down(
      rewriting('routedShares', ({ bytes }) => {
        // N − 2 neighbours, all present.
        const less = bytes.slice(0, bytes.length - 84);
        less[35] = N - 2;
        less[39] = 2 ** (N - 2) - 1;
        return less;
      }),
    );
    expectRefusal(session, 'roster-order');
  });

  const tellSurvivors = (change: (survivors: readonly number[]) => readonly number[], options = {}): Lab => {
    const session = lab(adversary, options);
    if (adversary === 'active') {
      session.serverIn('consistency-check');
      return session.down(survivorsAs(change));
    }
    session.serverIn('unmasking');
    return session.down(
      requestAs(({ size, survivors }) => ({ survivors: bitmapOf(size, change(setBits(survivors))) })),
    );
  };

  it('refuses a U3 below the threshold, and takes one at the threshold', () => {
    expectRefusal(
      tellSurvivors((all) => all.slice(0, t - 1)),
      'too-few-members',
    );
    expect(tellSurvivors((all) => all.slice(0, t)).refusals.get(VICTIM)).toBeUndefined();
  });

  it('refuses a U3 below its own least cohort', () => {
    const options = { settings: { minCohort: N }, policy: { minCohort: N } };
    expectRefusal(
      tellSurvivors((all) => all.slice(0, N - 1), options),
      'cohort-too-small',
    );
  });

  it('refuses a U3 from which it is missing itself', () => {
    expectRefusal(
      tellSurvivors((all) => all.filter((index) => index !== 1)),
      'self-missing',
    );
  });

  it('refuses a U3 with a member that never shared its keys, so that no share is asked of somebody outside U2', () => {
    const session = lab(adversary);
    session.serverIn('share-keys');
    session.leave(N);
    session.serverIn('masked-input');
    const grown = (all: readonly number[]): number[] => [...new Set([...all, N - 1])];
    if (adversary === 'active') {
      session.serverIn('consistency-check');
      session.down(survivorsAs(grown));
    } else {
      session.serverIn('unmasking');
      session.down(requestAs(({ size, survivors }) => ({ survivors: bitmapOf(size, grown(setBits(survivors))) })));
    }
    expectRefusal(session, 'set-grew');
    expect(session.refusals.get(VICTIM)?.culprits).toEqual([N]);
    expect(session.messages('unmaskShares')).toEqual([]);
  });

  it('reveals nothing of a member outside U2: its answer has one share for each member of U2 and no more', () => {
    const session = lab(adversary);
    session.serverIn('share-keys');
    session.leave(N);
    session.run();
    expect(session.committed).toBeDefined();
    const signature = adversary === 'active' ? 65 : 1;
    for (const { bytes } of session.messages('unmaskShares')) {
      expect(bytes.length).toBe(35 + 4 + 34 * (N - 1) + signature);
    }
  });
});

describe('in an active round a client', () => {
  it('refuses a U3 over another number of members than the roster has', () => {
    const session = lab('active');
    session.serverIn('consistency-check');
    session.down(
      rewriting('survivors', ({ bytes }) => {
        const message = decodeSurvivors(bytes);
        return encodeSurvivors({ ...message, size: N - 1, survivors: bitmapOf(N - 1, [0, 1, 2, 3, 4, 5, 6]) });
      }),
    );
    expectRefusal(session, 'set-grew');
  });

  it('refuses fewer signatures than a quorum, and reveals its shares at a quorum', () => {
    for (const left of [QUORUM - 1, QUORUM]) {
      const session = lab('active');
      session.serverIn('unmasking');
      session.down(
        requestAs(({ signers, signatures, witnesses }) => ({
          signers: bitmapOf(witnesses, setBits(signers).slice(0, left)),
          signatures: signatures.slice(0, left),
        })),
      );
      if (left < QUORUM) {
        expectRefusal(session, 'consistency-too-few');
        expect(session.messages('unmaskShares')).toEqual([]);
      } else {
        expect(session.clients.get(VICTIM)?.name).toBe('done');
      }
    }
  });

  it('refuses a signature of a witness outside U3', () => {
    const session = lab('active');
    session.serverIn('masked-input');
    session.leave(N);
    session.serverIn('unmasking');
    session.down(
      requestAs(({ signers, signatures, witnesses }) => ({
        signers: bitmapOf(witnesses, [...setBits(signers), N - 1]),
        signatures: [...signatures, signatures[0]!],
      })),
    );
    expectRefusal(session, 'roster-order');
    expect(session.messages('unmaskShares')).toEqual([]);
  });
});

describe('a threshold that is too low for the client’s own adversary model', () => {
  it.each([
    ['complete, more colluders than the settings reckon with', 'curious', 8, { threshold: 2, colludingPpm: 0 }, 0.3],
    ['complete, derived for fewer colluders', 'curious', 8, { colludingPpm: 0 }, 0.7],
    ['complete and active', 'active', 8, { colludingPpm: 0, threshold: 2 }, 0.3],
    ['complete and active, a quorum for fewer colluders', 'active', 8, { colludingPpm: 0, threshold: 5 }, 0.5],
    ['a ring for fewer colluders', 'curious', 64, { graph: 'ring', colludingPpm: 10_000, dropoutPpm: 50_000 }, 0.3],
  ] as const)('is refused before anything is shared: %s', (_, adversary, n, settings, colluding) => {
    const session = new Lab({
      seed: 'threshold',
      n,
      adversary,
      settings: { dimension: 1, ...settings },
      policy: { colluding },
    });
    const { parameters } = session.serverIn('share-keys').facts;
    expect(parameters.graph).toBe(n === 64 ? 'ring' : 'complete');
    session.down();
    expect(new Set(Object.values(session.refusalCodes()))).toEqual(new Set(['threshold-unsound']));
    expect(session.refusals.size).toBe(n);
    expect(session.messages('shareKeys')).toEqual([]);
    session.run();
    expect(session.aborted?.error.code).toBe('below-threshold');
  });

  it('is refused by both sides where the settings themselves contradict their class', () => {
    const session = new Lab({
      seed: 'unsound',
      n: 8,
      adversary: 'active',
      settings: { threshold: 2, colludingPpm: 250_000 },
    }).run();
    expect(session.aborted?.error.code).toBe('threshold-unsound');
    const honest = new Lab({ seed: 'unsound', n: 8, adversary: 'active', settings: { threshold: 2, colludingPpm: 0 } });
    honest.serverIn('share-keys');
    expect(honest.down().refusals.size).toBe(0);
  });
});

describe('a cohort below an explicit threshold', () => {
  it('ends the round on the server with below-threshold', () => {
    const session = new Lab({ seed: 'few', n: 6, settings: { threshold: 5 } });
    session.down();
    session.toServer = session.toServer.slice(0, 4);
    session.run();
    expect(session.aborted?.error.code).toBe('below-threshold');
    expect(session.committed).toBeUndefined();
  });
});
