import type { ClientPolicy, Scheme } from '../../protocol/rounds/index.ts';
import type { Agreer, KeyPair, RandomSource } from '../../protocol/crypto/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { Consent, ModelRound } from '../consent/consent.ts';
import type { Bare, ParticipationEvent, RoundEvent } from '../events.ts';
import type { Directories } from './directories.ts';
import type { Refusals } from './refusals.ts';
import type { Trainer } from './training.ts';
import type { UpdateKeeper } from './updates.ts';

/** What does not change from round to round. */
export interface RoundContext {
  readonly trainer: Trainer;
  readonly updates: UpdateKeeper;
  /** Computes key agreements; it never rejects. */
  readonly agreer: Promise<Agreer>;
  readonly random: RandomSource;
  /** The schemes that it takes part in. */
  readonly schemes: readonly Scheme[];
  readonly policy: ClientPolicy;
  /** Its memory of its rounds. */
  readonly consent: Consent;
  readonly identity: KeyPair | undefined;
  /** Undefined for a client that pins no authority: it does not take part in active rounds. */
  readonly directories: Directories | undefined;
  readonly refusals: Refusals;
  /** Delivers a message; resolves with the Abort's bytes if the coordinator refused it. */
  readonly send: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly emit: (event: ParticipationEvent) => void;
}

/** How a round ended for this client. */
export type RoundEnd =
  | { readonly kind: 'committed'; readonly included: boolean }
  /** It only measured. */
  | { readonly kind: 'measured' }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'refused'; readonly error: CairnError }
  /** Without word from the coordinator. */
  | { readonly kind: 'left'; readonly why: CairnError };

/** One round, as the parts of its driver see it before its model is known. */
export interface RoundAtWork {
  readonly context: RoundContext;
  /** The scheme that the settings name. */
  readonly scheme: Scheme;
  readonly settings: RoundSettings;
  /** Aborted at the end of the round, to end whatever is still being fetched or computed for it. */
  readonly over: AbortSignal;
  readonly emit: (event: Bare<RoundEvent>) => void;
}

/** The same, once it is known what the round starts from. */
export interface RoundFromModel extends RoundAtWork {
  /** `modelPoint` of the round's model, even if the round only measures: 32 bytes. */
  readonly point: Uint8Array;
  /** What the client's memory needs to know about the round. */
  readonly from: ModelRound;
}
