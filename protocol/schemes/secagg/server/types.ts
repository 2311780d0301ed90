import type { Primitives } from '../../../crypto/primitives.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import type { CairnError, ErrorCode } from '../../../errors.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { MaskVector } from '../../../kernels/index.ts';
import type { MemberDirectory } from '../../../wire/membership.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import type { Drop, DropEffect, Outgoing } from '../../../rounds/scheme.ts';
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

/** What may happen to a server session. */
export type ServerInput =
  | { readonly kind: 'message'; readonly from: MemberId; readonly bytes: Uint8Array }
  /** A member is gone for this round: its connection ended and did not come back in time. */
  | { readonly kind: 'leave'; readonly member: MemberId; readonly reason: ErrorCode }
  /** The current state's time is up: go on with those who answered, or abort. */
  | { readonly kind: 'deadline' }
  /** The plan's result: what the plan's masks add up to, to be added to the sum. */
  | { readonly kind: 'unmasked'; readonly correction: MaskVector }
  /** The coordinator gives the round up. */
  | { readonly kind: 'abandon'; readonly error: CairnError };

/** What a step tells the coordinator. */
export type ServerEvent =
  | {
      readonly kind: 'state';
      readonly name: ServerStateName;
      /** How many are in: |U1| at share-keys, |U2| at masked-input, |U3| at consistency-check or unmasking, … */
      readonly members: number;
    }
  | { readonly kind: 'dropped'; readonly drop: Drop }
  /**
   * U3 is fixed, and messages of this step show it to members, which sign or open no other set from this model: it must
   * not be forgotten, and be kept before they go out. Ids, ascending.
   */
  | { readonly kind: 'survivors'; readonly members: readonly MemberId[] }
  /**
   * Somebody should compute this and bring back its result; see {@link UnmaskPlan}. Where the round opens its secrets in
   * turns, the opening is run to its end first; what it throws is a reason to abandon the round.
   */
  | { readonly kind: 'unmask-plan'; readonly plan: UnmaskPlan; readonly opening: SecretRecovery }
  | {
      readonly kind: 'committed';
      /** The exact sum of the inputs modulo 2^modulusBits. */
      readonly sum: Uint32Array;
      /** U3: whose inputs are in the sum, ascending. */
      readonly included: readonly MemberId[];
      readonly drops: readonly Drop[];
    }
  | {
      readonly kind: 'aborted';
      readonly error: CairnError;
      readonly drops: readonly Drop[];
      /**
       * Where there are any, `error` is `secret-mismatch` and its culprits are those whom these prove to have dealt falsely:
       * bodies of FalseDealing messages, for the invitations of later rounds from the same model.
       */
      readonly proofs: readonly Uint8Array[];
    };

/** The result of one step. The old state is spent. */
export interface ServerStep {
  readonly state: ServerState;
  /** What is to be sent, each member's messages in their order. Those of a step come after those of the step before. */
  readonly send: readonly Outgoing[];
  readonly events: readonly ServerEvent[];
  readonly wipe: readonly SecretBytes[];
  /** A message that was not taken: the state is as it was. */
  readonly refusal?: CairnError;
}
