import type { SecretBytes } from '../../../crypto/secret.ts';
import type { CairnError } from '../../../errors.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MaskVector } from '../../../kernels/index.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import type {
  Drop,
  DropEffect,
  Outgoing,
  ServerEvent as SchemeEvent,
  ServerInput as SchemeInput,
  ServerStep as SchemeStep,
} from '../../../rounds/scheme.ts';
import type { CollectingState } from '../../../rounds/states.ts';
import type { UnmaskPlan } from '../unmask.ts';
import type { ServerContext } from './context.ts';
import type { Commitment, FrozenSum, ServerParameters, SharedKeys } from './parameters.ts';
import type { SecretRecovery } from './secret-recovery.ts';

export type { ServerContext } from './context.ts';
export type { FrozenSum, ServerParameters } from './parameters.ts';

export type { CollectingState, Drop, DropEffect, Outgoing };

/** What every state that takes messages knows about its members. */
interface Waiting {
  readonly context: ServerContext;
  /** Members whose answers are awaited: none that has answered or is lost. Shrinks. */
  readonly waiting: Set<MemberId>;
}

/** What one member advertised. */
export interface Advertised {
  readonly advertisement: Advertisement;
  /** Its leaf of the roster's tree, hashed on arrival: hashing 10,000 at once would block the coordinator. */
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
  /** The plan's result: the total of the plan's masks, to be added to the sum. */
  | { readonly kind: 'unmasked'; readonly correction: MaskVector };

/** What a step tells the coordinator. */
export type ServerEvent =
  | Exclude<SchemeEvent, { readonly kind: 'work' }>
  /**
   * The session waits for its result; see {@link UnmaskPlan}. If the round opens its secrets in turns, the opening is
   * run to its end first; an error that it throws is a reason to abandon the round.
   */
  | { readonly kind: 'unmask-plan'; readonly plan: UnmaskPlan; readonly opening: SecretRecovery };

/** The result of one step. */
export interface ServerStep extends Omit<SchemeStep<ServerState>, 'events'> {
  readonly events: readonly ServerEvent[];
}
