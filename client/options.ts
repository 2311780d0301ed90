import type { Scheme } from '../protocol/rounds/index.ts';
import type { ClientPolicy } from '../protocol/schemes/secagg/index.ts';
import type { KeyPair, Primitives, RandomSource } from '../protocol/crypto/index.ts';
import type { ConsentMemory } from './consent/memory.ts';
import type { SerialMemory } from './enrolment/serial-memory.ts';
import type { ParticipationEvent } from './events.ts';
import type { FinalModel } from './final-model.ts';

/** Who a client is: a member id and its Ed25519 identity, as a key pair or as the 32-byte seed of one. */
export type MemberIdentity =
  { readonly member: number; readonly keys: KeyPair } | { readonly member: number; readonly seed: Uint8Array };

/** How a client joins. */
export interface JoinOptions {
  /** Tasks to offer oneself for; if absent or empty, those that the policy names, or all. */
  readonly tasks?: readonly string[];
  /** Name of a guest, for people; at most 128 bytes. Members have theirs from the directory. */
  readonly name?: string;
  /** Identity of a member. Without one the client is a guest, which only `curious` rounds take. */
  readonly identity?: MemberIdentity;
  /** The authority's Ed25519 public key, 32 bytes: member directories signed by it are believed, and no others. */
  readonly authorityKey?: Uint8Array;
  /**
   * Remembers the newest directory that was seen, so that older ones are refused. Default: for this participation alone.
   * In Node, `serialsInFile` outlives the process.
   */
  readonly serials?: SerialMemory;
  /** What the client consents to. What it leaves out is as in DEFAULT_POLICY. */
  readonly policy?: Partial<ClientPolicy>;
  /**
   * Remembers the rounds it took part in, for the parts of its policy that look at several. Default: for this
   * participation alone. In Node, `consentInFile` outlives the process.
   */
  readonly consent?: ConsentMemory;
  /** Cryptographic operations, key agreements among them. Default: Node's own; in browsers portable with WebCrypto. */
  readonly primitives?: Primitives;
  /** CSPRNG for keys, masks and rounding. Default: the platform's. */
  readonly random?: RandomSource;
  /** Makes local training repeatable: an integer from 0. Default: a random one. It never reaches a key or mask. */
  readonly seed?: number;
  /** Aborting it is the same as `leave()`. */
  readonly signal?: AbortSignal;
  /** Told of everything that happens. What it throws is reported as an uncaught error, and does not touch the round. */
  readonly onEvent?: (event: ParticipationEvent) => void;
  /** Whether plain HTTP to another machine is taken, as in a closed test network. Default: on the loopback alone. */
  readonly unsafePlainHttp?: boolean;
  /** Milliseconds until the first connection counts as failed. Default 15 000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds before the first attempt to connect again; doubles up to 60 times that, or 120 times once the coordinator
   * has said that it stops, with jitter. A download that broke off goes on after as long, and after twice that each time
   * that nothing came, up to 15 seconds. Default 500: pauses of half a minute, or of a minute, at most.
   */
  readonly reconnectDelayMs?: number;
  /** Whether it waits for further rounds of tasks that have ended, instead of leaving. Default false. */
  readonly stay?: boolean;
  /**
   * Milliseconds within which a coordinator that has stopped must be back, or the participation ends; without a limit for
   * who stays. Default one hour.
   */
  readonly returnTimeoutMs?: number;
  /**
   * Is given the final model of each task that has ended with at least one round, before the participation ends. What it
   * throws is what `closed` rejects with.
   */
  readonly onModel?: (model: FinalModel) => Promise<void> | void;
  /** Milliseconds that a leaving client waits for its goodbye to be taken. Default 2000. */
  readonly leaveTimeoutMs?: number;
  /** The schemes that it takes part in, whatever its coordinator asks for. Default: secure aggregation alone. */
  readonly schemes?: readonly Scheme[];
}
