import type { Primitives } from '../../../crypto/primitives.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import type { CairnError } from '../../../errors.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MaskVector } from '../../../kernels/index.ts';
import type { MemberDirectory } from '../../../wire/membership.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import type {
  Drop,
  DropEffect,
  Outgoing,
  ServerEvent as SchemeEvent,
  ServerInput as SchemeInput,
  ServerStep as SchemeStep,
} from '../../../rounds/scheme.ts';
import type { CollectingState, ServerStateName } from '../../../rounds/states.ts';
import type { RoundSettings } from '../../../wire/settings.ts';
import type { UnmaskPlan } from '../unmask.ts';
import type { Commitment, ServerParameters, SharedKeys } from './parameters.ts';
import type { SecretRecovery } from './secret-recovery.ts';

export type { ServerParameters } from './parameters.ts';

export type { CollectingState, Drop, DropEffect, Outgoing, ServerStateName };

/** What does not change while a server session lives. */
export interface ServerContext {
  readonly primitives: Primitives;
  readonly settings: RoundSettings;
  readonly settingsHash: Uint8Array;
  /** Needed by active rounds. */
  readonly directory: MemberDirectory | undefined;
  /** Who was invited. Nobody else is heard. */
  readonly invited: ReadonlySet<MemberId>;
  /** The roster closes when this many have advertised. */
  readonly target: number;
  /**
   * When the secrets of the sum are opened: inside the step that ends the collecting of shares, or by whoever computes
   * the plan, in turns with other work, before it does so.
   */
  readonly opening: 'at-once' | 'in-turns';
  /** Everybody lost so far. Grows. */
  readonly drops: Drop[];
  /** Ids of those lost, for look-up. Grows. */
  readonly lost: Set<MemberId>;
}

/** What must still be known once U3 is fixed. */
export interface FrozenSum extends SharedKeys {
  /** U3 as a bitmap over the roster. */
  readonly survivors: Uint8Array;
  /** The running sum of all masked inputs. */
  readonly sum: MaskVector;
}

/** What every state that takes messages knows of its members. */
interface Waiting {
  readonly context: ServerContext;
  /** Whose answer is still to come: nobody who has answered or is lost. Shrinks. */
  readonly waiting: Set<MemberId>;
}

/** What one member advertised. */
export interface Advertised {
  readonly advertisement: Advertisement;
  /** Its leaf of the roster's tree, hashed when it came: ten thousand at once would hold up everybody. */
  readonly leaf: Uint8Array;
}

/** A server session's state. */
export type ServerState =
  | ({
      readonly name: 'advertise-keys';
      readonly advertised: Map<MemberId, Advertised>;
      /** Every key advertised so far, in hex. */
      readonly keys: Set<string>;
    } & Waiting)
  | ({
      readonly name: 'share-keys';
      readonly facts: ServerParameters;
      readonly sealed: Map<ClientIndex, Uint8Array>;
      readonly commitments: Map<ClientIndex, Commitment>;
    } & Waiting)
  | ({
      readonly name: 'masked-input';
      readonly sum: MaskVector;
      readonly received: Set<ClientIndex>;
    } & SharedKeys &
      Waiting)
  | ({
      readonly name: 'consistency-check';
      readonly signatures: Map<ClientIndex, Uint8Array>;
    } & FrozenSum &
      Waiting)
  | ({
      readonly name: 'unmasking';
      readonly revealed: Map<ClientIndex, SecretBytes>;
      /** Signatures over what was revealed, in an active round. */
      readonly revealedSignatures: Map<ClientIndex, Uint8Array>;
    } & FrozenSum &
      Waiting)
  | ({
      readonly name: 'computing';
      readonly context: ServerContext;
      readonly plan: UnmaskPlan;
      readonly opening: SecretRecovery;
    } & FrozenSum)
  | { readonly name: 'committed'; readonly context: ServerContext }
  | { readonly name: 'aborted'; readonly context: ServerContext; readonly error: CairnError };

/** What may happen to a server session: the work that it waits for is the unmask plan's. */
export type ServerInput =
  | Exclude<SchemeInput, { readonly kind: 'worked' }>
  /** The plan's result: what the plan's masks add up to, to be added to the sum. */
  | { readonly kind: 'unmasked'; readonly correction: MaskVector };

/** What a step tells the coordinator. */
export type ServerEvent =
  | Exclude<SchemeEvent, { readonly kind: 'work' }>
  /**
   * Its result is waited for; see {@link UnmaskPlan}. If the round opens its secrets in turns, the opening is run to its
   * end first; what it throws is a reason to abandon the round.
   */
  | { readonly kind: 'unmask-plan'; readonly plan: UnmaskPlan; readonly opening: SecretRecovery };

/** The result of one step. */
export interface ServerStep extends Omit<SchemeStep<ServerState>, 'events'> {
  readonly events: readonly ServerEvent[];
}
