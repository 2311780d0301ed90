import {
  type RememberedSession,
  termsOf,
  assertConsent,
  assertDifferent,
  assertInputAllowed,
  assertLatestSession,
  assertRosterAllowed,
  assertSetAllowed,
  type ClientHistory,
  type ClientPolicy,
  reliesOnNoise,
  type SignedSession,
} from '../../protocol/rounds/index.ts';
import { portablePrimitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import { assertPrivacy, deltaOf } from './assert-privacy.ts';
import type { ConsentMemory } from './memory.ts';
import { charged, costOf, type Quote, spentOf } from './privacy-account.ts';
import {
  type ConsentRecord,
  historyOf,
  withClaim,
  withCost,
  withCulprit,
  withOpened,
  withRebase,
  withRound,
  withSent,
  withSet,
  wasMeasured,
} from './record.ts';

/** A round, and the model it starts from. */
export interface ModelRound {
  readonly settings: RoundSettings;
  /** `modelPoint` of the round's model, in hex; or its `measuringPoint` if the round only measures. */
  readonly point: string;
}

/** A survivor set that is about to be signed, or answered if there is nothing to sign. */
export interface Signing {
  /** Ids, ascending. */
  readonly members: readonly number[];
  readonly session: SignedSession;
  /** In hex. */
  readonly sessionId: string;
}

/**
 * An input that is about to be sent, and its session, which is recorded if its only set is known before it is signed. A
 * scheme whose members learn no roster has none, and nothing can be checked against one.
 */
export type SendingInput = {
  /** `inputRecord` of the update, in hex. */
  readonly input: string;
  /** Whether the round was counted when its training began. */
  readonly counted: boolean;
} & (RememberedSession | { readonly sessionId?: undefined; readonly session?: undefined });

/**
 * A client's memory of its rounds in use: one change after another, each checked and recorded under one lock before the
 * message that it concerns is sent. A client that is stopped in between has recorded too much, never too little.
 */
export class Consent {
  readonly #memory: ConsentMemory;
  readonly #now: () => number;
  #last: Promise<unknown> = Promise.resolve();

  /** @param now milliseconds since 1970 */
  constructor(memory: ConsentMemory, now: () => number = Date.now) {
    this.#memory = memory;
    this.#now = now;
  }

  /**
   * The history that a round is checked against.
   * @param point of its model, in hex; undefined while unknown
   * @throws whatever the memory throws
   */
  history(point?: string): Promise<ClientHistory> {
    return this.#inTurn(async () => historyOf(await this.#memory.read(), point, this.#now()));
  }

  /**
   * What this client's rounds have revealed about its data, and what they would have with this one.
   * @param delta the δ to count with
   * @throws CairnError `privacy-infeasible`, `settings-invalid` for the settings, or whatever the memory throws
   */
  quote(settings: RoundSettings, delta: number): Promise<Quote> {
    return this.#inTurn(async () => quoteFor(await this.#memory.read(), settings, delta));
  }

  /**
   * Records that a training is about to begin: from then on the round counts.
   * @throws CairnError `policy-rounds-per-day` and anything else that `assertConsent` throws, or whatever the memory
   *   throws
   */
  training({ settings, point }: ModelRound, policy: ClientPolicy): Promise<void> {
    return this.#change((record) => {
      assertConsent(settings, policy, historyOf(record, point, this.#now()));
      return withRound(record, this.#now());
    });
  }

  /**
   * Records that keys are about to be shared in a session: from then on earlier sessions from the same model get no
   * input and no signature.
   * @throws CairnError `cohort-too-similar`, `repeat-refused`, `input-changed`, or whatever the memory throws
   */
  sharing(
    { settings, point }: ModelRound,
    { sessionId, session }: RememberedSession,
    policy: ClientPolicy,
  ): Promise<void> {
    return this.#change((record) => {
      if (reliesOnNoise(policy, settings)) return record;
      const { record: known } = historyOf(record, point, this.#now());
      assertRosterAllowed(known, session.ids, settings);
      assertInputAllowed(known, { repeat: settings.repeat, terms: toHex(termsOf(portablePrimitives, settings)) });
      return withClaim(record, point, sessionId);
    });
  }

  /**
   * Records that an input is about to be sent, and checks it and its round against the memory as it is now: another
   * client with this memory may have sent or signed something in the meantime.
   *
   * If a set was signed from this model before, the settings require the whole roster, so the session can only open a
   * sum of that set. It is recorded already now: a client that is cut off between its input and its signature must
   * still accept a proof about it.
   *
   * If the scheme shows no session, the input is counted, charged and remembered nevertheless. But nothing says which
   * other inputs it would be added to: it is refused if that matters, which is after a set was signed from this model,
   * and under a policy that requires sums to differ.
   * @throws CairnError `round-superseded`, `input-changed`, `repeat-refused`, `cohort-too-similar` for a roster other
   * than the set signed from this model, and anything else that `assertConsent` and `assertPrivacy` throw, or whatever
   * the memory throws
   */
  sending(
    { settings, point }: ModelRound,
    { input, counted, sessionId, session }: SendingInput,
    policy: ClientPolicy,
  ): Promise<void> {
    return this.#change((record) => {
      const now = this.#now();
      const history = historyOf(record, point, now);
      assertConsent(settings, policy, counted ? { ...history, roundsWithinDay: 0 } : history);
      assertPrivacy(settings, policy, quoteFor(record, settings, deltaOf(settings)));
      let next = withCost(record, costOf(settings));
      if (!counted && !wasMeasured(record, point)) next = withRound(next, now);
      if (settings.rebases > 0) next = withRebase(next, point, now);
      if (reliesOnNoise(policy, settings)) return next;
      const sent = { repeat: settings.repeat, input, terms: toHex(termsOf(portablePrimitives, settings)) };
      if (session === undefined) assertUnseenAllowed(history.record, policy);
      else {
        assertLatestSession(history.record, sessionId);
        assertRosterAllowed(history.record, session.ids, settings);
      }
      assertInputAllowed(history.record, sent);
      next = withSent(next, point, sent);
      if (session === undefined || history.record?.signed === undefined) return next;
      return withSet(next, point, session.ids, session);
    });
  }

  /**
   * Records a survivor set before it is signed, or answered if there is nothing to sign: from then on no other set is
   * signed from this model.
   * @param signing members: ids, ascending
   * @throws CairnError `round-superseded`, `cohort-too-similar`, `repeat-refused`, `input-changed`, or whatever the
   * memory throws
   */
  signing(
    { settings, point }: ModelRound,
    { members, session, sessionId }: Signing,
    policy: ClientPolicy,
  ): Promise<void> {
    const primitives = portablePrimitives;
    return this.#change((record) => {
      const history = historyOf(record, point, this.#now());
      assertDifferent({ primitives, settings, policy, history }, members);
      const terms = toHex(termsOf(primitives, settings));
      const opened = settings.measures === true ? '' : terms;
      const next = withOpened(record, { task: settings.task, terms: opened, members });
      if (reliesOnNoise(policy, settings)) return next;
      // Another client with this memory may have moved on to a later repeat, or to so many models that this one is
      // closed.
      assertInputAllowed(history.record, { repeat: settings.repeat, terms });
      assertLatestSession(history.record, sessionId);
      assertSetAllowed(history.record, members);
      return withSet(next, point, members, session);
    });
  }

  /**
   * Records that a member was proven to have dealt falsely in a session from this model: the signed set may be summed
   * without it.
   * @throws whatever the memory throws
   */
  proven({ point }: Pick<ModelRound, 'point'>, member: number): Promise<void> {
    return this.#change((record) => withCulprit(record, point, member));
  }

  #change(change: (record: ConsentRecord) => ConsentRecord): Promise<void> {
    return this.#inTurn(() => this.#memory.change(change));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** @throws CairnError `cohort-too-similar` if it matters who else is in the sum, and the scheme does not say */
function assertUnseenAllowed(record: ClientHistory['record'], { minCohortDifference = 0 }: ClientPolicy): void {
  if (record?.signed === undefined && minCohortDifference < 2) return;
  const why =
    record?.signed === undefined
      ? `this client requires sums to differ in at least ${minCohortDifference} members`
      : 'this client has signed a sum from the same model';
  throw new CairnError('cohort-too-similar', `the round’s scheme does not show who is in its sum, and ${why}`);
}

function quoteFor({ accounts }: ConsentRecord, settings: RoundSettings, delta: number): Quote {
  return {
    before: spentOf(accounts, delta),
    after: spentOf(charged(accounts, costOf(settings)), delta),
    ofTask: accounts.find(({ task }) => task === settings.task),
  };
}
