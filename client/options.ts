import type { Scheme } from '../protocol/rounds/index.ts';
import type { ClientPolicy } from '../protocol/schemes/secagg/index.ts';
import type { KeyPair, Primitives, RandomSource } from '../protocol/crypto/index.ts';
import type { ConsentMemory } from './consent/memory.ts';
import type { SerialMemory } from './enrolment/serial-memory.ts';
import type { ParticipationEvent } from './events.ts';
import type { FinalModel } from './final-model.ts';

/** A client's identity: a member id and its Ed25519 identity, as a key pair or as its 32-byte seed. */
export type MemberIdentity =
  { readonly member: number; readonly keys: KeyPair } | { readonly member: number; readonly seed: Uint8Array };

/** How a client joins. */
export interface JoinOptions {
  /** Tasks to offer the client for; if absent or empty, those that the policy names, or all. */
  readonly tasks?: readonly string[];
  /** Human-readable name of a guest; at most 128 bytes. Members' names come from the directory. */
  readonly name?: string;
  /** Identity of a member. Without one the client is a guest, which only `curious` rounds accept. */
  readonly identity?: MemberIdentity;
  /** The authority's Ed25519 public key, 32 bytes: only member directories signed by it are trusted. */
  readonly authorityKey?: Uint8Array;
  /**
   * Remembers the newest directory seen, so that older ones are refused. Default: for this participation alone. In
   * Node, `serialsInFile` outlives the process.
   */
  readonly serials?: SerialMemory;
  /** What the client consents to. Omitted fields are as in DEFAULT_POLICY. */
  readonly policy?: Partial<ClientPolicy>;
  /**
   * Remembers the rounds it took part in, for the parts of its policy that span several. Default: for this
   * participation alone. In Node, `consentInFile` outlives the process.
   */
  readonly consent?: ConsentMemory;
  /** Cryptographic operations, key agreements among them. Default: Node's own; in browsers, portable with WebCrypto. */
  readonly primitives?: Primitives;
  /** CSPRNG for keys, masks and rounding. Default: the platform's. */
  readonly random?: RandomSource;
  /** Makes local training repeatable: an integer from 0. Default: a random one. It never reaches a key or mask. */
  readonly seed?: number;
  /** Aborting it is the same as `leave()`. */
  readonly signal?: AbortSignal;
  /**
   * Called for everything that happens. What it throws is reported as an uncaught error, and does not affect the round.
   */
  readonly onEvent?: (event: ParticipationEvent) => void;
  /** Whether plain HTTP to another machine is accepted, as in a closed test network. Default: only on the loopback. */
  readonly unsafePlainHttp?: boolean;
  /** Milliseconds until the first connection counts as failed. Default 15 000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds before the first reconnection attempt; doubles up to 60 times that, or 120 times once the coordinator
   * has announced that it stops, with jitter. An interrupted download continues after the same pause, doubled each time
   * that nothing arrived, up to 15 seconds. Default 500: pauses of at most 30 seconds, or 60.
   */
  readonly reconnectDelayMs?: number;
  /** Whether it waits for further rounds of tasks that have ended, instead of leaving. Default false. */
  readonly stay?: boolean;
  /**
   * Milliseconds within which a stopped coordinator must be back, or the participation ends; no limit with `stay`.
   * Default one hour.
   */
  readonly returnTimeoutMs?: number;
  /**
   * Receives the final model of each task that has ended with at least one round, before the participation ends. If it
   * throws, `closed` rejects with that error.
   */
  readonly onModel?: (model: FinalModel) => Promise<void> | void;
  /** Milliseconds that a leaving client waits for its goodbye to be acknowledged. Default 2000. */
  readonly leaveTimeoutMs?: number;
  /** The schemes that it supports, whatever its coordinator asks for. Default: only secure aggregation. */
  readonly schemes?: readonly Scheme[];
}
