import type { KeyPair } from '../../../crypto/keys.ts';
import type { Primitives } from '../../../crypto/primitives.ts';
import type { RandomSource } from '../../../crypto/random.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import type { RoundSettings } from '../../../wire/settings.ts';
import type { Graph } from '../graph/index.ts';
import type { RoundParameters } from '../parameters/index.ts';
import type { ClientHistory } from '../../../rounds/history.ts';
import type {
  ClientEvent as SchemeEvent,
  ClientInput as SchemeInput,
  ClientStep as SchemeStep,
} from '../../../rounds/scheme.ts';
import type { ClientPolicy, ClientSelf } from '../../../rounds/policy.ts';

export type * from '../../../rounds/history.ts';
export type { ClientPolicy } from '../../../rounds/policy.ts';

/** What does not change while a client session lives. */
export interface ClientContext {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly policy: ClientPolicy;
  readonly self: ClientSelf;
  readonly settings: RoundSettings;
  readonly settingsHash: Uint8Array;
  /**
   * What computes key agreements. `inline`: the session itself, by its primitives, within the step that needs them.
   * `awaited`: the driver; the session waits for them in a separate state.
   */
  readonly agreements: 'inline' | 'awaited';
  /** Undefined for a client that does not check rounds against earlier ones, as in a simulation. */
  readonly history: ClientHistory | undefined;
}

/** What the client knows about a neighbour from the roster. */
export interface Neighbour {
  readonly index: ClientIndex;
  readonly advertisement: Advertisement;
}

/** A member whose signature over the survivor set counts. */
interface Witness {
  readonly index: ClientIndex;
  readonly member: MemberId;
}

/** What is fixed once the roster has been audited. */
export interface SessionParameters {
  readonly sessionId: Uint8Array;
  /** Merkle root of the roster: 32 bytes. */
  readonly root: Uint8Array;
  readonly parameters: RoundParameters;
  readonly graph: Graph;
  readonly ownIndex: ClientIndex;
  /** Ascending by index. */
  readonly neighbours: readonly Neighbour[];
  /** Ascending by index; none in a curious round. */
  readonly witnesses: readonly Witness[];
  /** Ids of the whole roster, by index; kept only if the client has a history. */
  readonly ids: readonly number[] | undefined;
}

/** Both shares of one member's secrets, in one secret buffer: 34 bytes of s_SK's share, then 34 of b's. */
export type SharePair = SecretBytes;

/** A client's state: one for each round of the paper, named after what the client is currently doing. */
export type ClientState =
  | {
      /** Keys were advertised; the roster is awaited. */
      readonly name: 'advertise-keys';
      readonly context: ClientContext;
      readonly cipher: KeyPair;
      readonly mask: KeyPair;
      readonly advertisement: Advertisement;
      /** Number of proofs of false dealing checked so far, including those that did not hold. */
      readonly proofs: number;
    }
  | {
      /** The roster was audited; the agreements of the cipher keys are awaited. */
      readonly name: 'cipher-agreement';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly cipher: KeyPair;
      readonly mask: KeyPair;
    }
  | {
      /** Shares were sent; the neighbours' are awaited. */
      readonly name: 'share-keys';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly mask: KeyPair;
      readonly selfSeed: SecretBytes;
      readonly ownShares: SharePair;
      /** One key for each neighbour, to open its sealed entry. */
      readonly openKeys: readonly SecretBytes[];
    }
  | {
      /** U2 is known and its shares are open; the agreements of its mask keys are awaited. */
      readonly name: 'mask-agreement';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly mask: KeyPair;
      readonly selfSeed: SecretBytes;
      /** Shares held of each member of U2 that the client can see, itself included, by index. */
      readonly held: ReadonlyMap<ClientIndex, SharePair>;
    }
  | {
      /** Everything needed for masking is ready; the local input is awaited. */
      readonly name: 'masked-input';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly selfSeed: SecretBytes;
      /** The key of the pair mask with each neighbour in U2, by index. */
      readonly pairKeys: ReadonlyMap<ClientIndex, SecretBytes>;
      readonly held: ReadonlyMap<ClientIndex, SharePair>;
    }
  | {
      /** Active rounds: the masked input was sent; the survivor set is awaited, to be audited and, by a witness, signed. */
      readonly name: 'consistency-check';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly held: ReadonlyMap<ClientIndex, SharePair>;
    }
  | {
      /** The request for shares is awaited. */
      readonly name: 'unmasking';
      readonly context: ClientContext;
      readonly facts: SessionParameters;
      readonly held: ReadonlyMap<ClientIndex, SharePair>;
      /** The survivor set that this client audited, and signed as a witness; undefined in a curious round. */
      readonly signed: Uint8Array | undefined;
    }
  | {
      /** Shares were revealed, once and never again; the outcome is awaited. */
      readonly name: 'done';
      readonly context: ClientContext;
    }
  | {
      /** Over: refused, aborted, left, or told the outcome. */
      readonly name: 'closed';
      readonly context: ClientContext;
    };

/** What may happen to a client session. */
export type ClientInput = SchemeInput;

/** What a step tells its driver. */
export type ClientEvent = SchemeEvent;

/** The result of one step. */
export type ClientStep = SchemeStep<ClientState>;
