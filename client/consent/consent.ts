import { assertConsent, assertDifferent, termsOf } from '../../protocol/aggregation/client/consent.ts';
import type { ClientHistory, ClientPolicy } from '../../protocol/aggregation/client/types.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { assertPrivacy, deltaOf } from './assert-privacy.ts';
import type { ConsentMemory } from './memory.ts';
import { charged, costOf, type Quote, spentOf } from './privacy-account.ts';
import { type ConsentRecord, historyOf, type SumsOf, withOpened, withSent } from './record.ts';

/**
 * A client's memory of its rounds at work: one change after another, each written down before what it tells of is sent.
 * A client that is stopped in between has counted one round too many, and never one too few.
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

  /** What a round of this task, from this model, is held against. @throws whatever the memory throws */
  history(round: SumsOf): Promise<ClientHistory> {
    return this.#inTurn(async () => historyOf(await this.#memory.read(), round, this.#now()));
  }

  /**
   * Notes that a masked input for a round is about to be sent, and holds the round once more against what is remembered:
   * another client with this memory may have sent one since.
   * @throws CairnError `policy-rounds-per-day` and what else `assertConsent` and `assertPrivacy` throw, or whatever the
   * memory throws
   */
  sending(settings: RoundSettings, policy: ClientPolicy): Promise<void> {
    return this.#change((record) => {
      assertConsent(settings, policy, historyOf(record, settings, this.#now()));
      assertPrivacy(settings, policy, quoteFor(record, settings, deltaOf(settings)));
      return withSent(record, this.#now(), costOf(settings));
    });
  }

  /**
   * What this client's rounds have told about its data, and what they would have told with this one.
   * @param delta the δ to count for
   * @throws CairnError `privacy-infeasible`, `settings-invalid` of the settings, or whatever the memory throws
   */
  quote(settings: RoundSettings, delta: number): Promise<Quote> {
    return this.#inTurn(async () => quoteFor(await this.#memory.read(), settings, delta));
  }

  /**
   * Notes that shares of these members' secrets are about to be revealed, and holds them once more against what is
   * remembered: another client with this memory may have helped to open a sum since {@link history} was looked at.
   * @param members ids, ascending
   * @throws CairnError `cohort-too-similar`, or whatever the memory throws
   */
  revealing(settings: RoundSettings, members: readonly number[], policy: ClientPolicy): Promise<void> {
    const { task, modelHash } = settings;
    const primitives = portablePrimitives;
    const sum = { task, model: toHex(modelHash), terms: termsOf(primitives, settings), members };
    return this.#change((record) => {
      const history = historyOf(record, settings, this.#now());
      assertDifferent({ primitives, settings, policy, history }, members);
      return withOpened(record, sum);
    });
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

function quoteFor({ accounts }: ConsentRecord, settings: RoundSettings, delta: number): Quote {
  return {
    before: spentOf(accounts, delta),
    after: spentOf(charged(accounts, costOf(settings)), delta),
    ofTask: accounts.find(({ task }) => task === settings.task),
  };
}
