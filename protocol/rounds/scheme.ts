// What a secret summation scheme is, for the code that drives its rounds: coordinator, client and laboratory know this
// file and no scheme. A scheme is one value; coordinators and clients take part in those that they were given.
import type { WantedAgreements } from '../crypto/agreer.ts';
import type { Primitives } from '../crypto/primitives.ts';
import type { RandomSource } from '../crypto/random.ts';
import type { SecretBytes } from '../crypto/secret.ts';
import { CairnError, type ErrorCode } from '../errors.ts';
import type { MemberId } from '../ids.ts';
import type { Message, MessageHeader, MessageName } from '../wire/header.ts';
import type { MemberDirectory } from '../wire/membership.ts';
import type { RoundInvitation } from '../wire/messages/invitation.ts';
import { DEFAULT_SCHEME, type RoundSettings } from '../wire/settings.ts';
import type { ClientHistory, SignedSession } from './history.ts';
import type { ClientPolicy, ClientSelf } from './policy.ts';
import type { CollectingState, ServerStateName, TimedState } from './states.ts';

/**
 * What a dropout means for the sum: a member lost before its input arrived does not count; one lost after it counts
 * although it is gone; a member without unmasking counts, but gave no shares.
 */
export type DropEffect = 'before-input' | 'after-input' | 'without-unmasking';

/** One member that was lost during the round, or whose shares were. */
export interface Drop {
  readonly member: MemberId;
  readonly state: CollectingState;
  readonly reason: ErrorCode;
  readonly effect: DropEffect;
  /**
   * If the reason is `share-false`: whose secrets the member revealed false shares of. Either it lied, or those owners
   * gave it false shares, or the bytes were changed in transit. It stays in the sum, and may have been lost before.
   */
  readonly owners?: readonly MemberId[];
  /**
   * If the member left by an Abort: which of its neighbours it blames, ascending. Either one of them gave it something
   * that it should not have, or the member lies.
   */
  readonly blames?: readonly MemberId[];
}

/** A message that a client's session sends. Drivers identify it by its name and never read its bytes. */
export interface SentMessage {
  readonly name: MessageName;
  readonly bytes: Uint8Array;
}

/** A message for one member, made when it is sent: all of them at once, for 10,000 members, would take a gigabyte. */
export interface Outgoing {
  readonly to: MemberId;
  readonly name: MessageName;
  /**
   * Makes the message. It may be called at any time and repeatedly, as for a member that was cut off: the bytes are the
   * same, however far the session has come. They must not be written to, since members may share them.
   */
  readonly bytes: () => Uint8Array;
  /** The member is out: what it was sent before no longer matters to it, whether it arrived or not. */
  readonly last?: true;
}

/** The result of a computation for a session; the driver wipes it once the session has taken it. */
export interface WorkResult {
  wipe(): void;
}

/** A computation that a coordinator's session waits for: its steps come first. */
export interface ServerWork {
  /** Short steps to be interleaved with other work. An error that they throw is a reason to abandon the round. */
  steps(): Iterable<unknown>;
  /**
   * Computes the result on this thread, at once. A runner that knows the scheme's work may compute it elsewhere instead.
   * What it throws is a reason to abandon the round.
   */
  compute(primitives: Primitives): WorkResult;
}

/** The session's state, as far as a driver sees it. */
export interface ServerSession {
  readonly name: ServerStateName;
}

/** What a coordinator's session is started with. */
export interface ServerStart {
  readonly primitives: Primitives;
  readonly settings: RoundSettings;
  /** Needed by an active round: the directory whose hash the settings name. */
  readonly directory?: MemberDirectory;
  readonly invited: Iterable<MemberId>;
  /** The roster closes when this many have answered the invitation; more may be invited. */
  readonly target: number;
  /**
   * From an earlier session's `aborted` event: each member gets them after its invitation, so that those that signed
   * that session's survivors accept a cohort without the members proven false. A client takes at most six.
   */
  readonly proofs?: readonly Uint8Array[];
}

/** What may happen to a coordinator's session. */
export type ServerInput =
  | { readonly kind: 'message'; readonly from: MemberId; readonly message: Message }
  /** A member is gone for this round: its connection ended and was not restored in time. */
  | { readonly kind: 'leave'; readonly member: MemberId; readonly reason: ErrorCode }
  /** The current state's time is up: continue with the members that answered, or abort. */
  | { readonly kind: 'deadline' }
  /** The result of the work. */
  | { readonly kind: 'worked'; readonly result: WorkResult }
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
   * not be forgotten, and must be stored before they go out. Ids, ascending.
   */
  | { readonly kind: 'survivors'; readonly members: readonly MemberId[] }
  /** The session waits until this has been computed; see {@link ServerWork}. */
  | { readonly kind: 'work'; readonly work: ServerWork }
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
      /** `below-threshold` if too few are left: if some refused before a roster was closed, no attempt is lost. */
      readonly error: CairnError;
      readonly drops: readonly Drop[];
      /**
       * If there are any, `error` is `secret-mismatch` and its culprits are the members that these prove to have dealt
       * falsely: bodies of FalseDealing messages, for the invitations of later rounds from the same model.
       */
      readonly proofs: readonly Uint8Array[];
    };

/** The result of one step. The old state is spent. */
export interface ServerStep<State extends ServerSession = ServerSession> {
  readonly state: State;
  /** What to send, each member's messages in order. Those of a step come after those of the step before. */
  readonly send: readonly Outgoing[];
  readonly events: readonly ServerEvent[];
  readonly wipe: readonly SecretBytes[];
  /** A message that was not taken: the state is as it was. */
  readonly refusal?: CairnError;
}

/** Which members share secrets, how many shares open a secret, and how many members sign the one survivor set. */
export interface RosterParameters {
  readonly graph: 'complete' | 'ring';
  /** Cohort size. */
  readonly n: number;
  /** Neighbours of each member; n − 1 on the complete graph, even on a ring. */
  readonly degree: number;
  /** Shares that open a secret. Each has degree + 1 holders: a member keeps a share of its own secrets too. */
  readonly threshold: number;
  /** Active rounds: members whose signatures count, all on the complete graph. 0 in curious rounds. */
  readonly witnesses: number;
  /** Signatures over one survivor set without which no member reveals a share. 0 in curious rounds. */
  readonly quorum: number;
}

/**
 * A scheme's half at the coordinator: pure functions of state and input.
 * @internal Named by schemes that write their halves separately, as the tests' second one does.
 */
export interface SchemeServer<State extends ServerSession = ServerSession> {
  /** The invitations. @throws CairnError if the round cannot be run */
  start(start: ServerStart): ServerStep<State>;
  /** One step. It never throws. */
  step(state: State, input: ServerInput): ServerStep<State>;
  /** Why a message with this header would be refused; undefined if it would be taken, or cost its sender its place. */
  refusal(state: State, from: MemberId, header: MessageHeader): CairnError | undefined;
  /** The end of a session that failed in its own code: what it holds is in `wipe`. */
  fail(state: State, error: CairnError): Pick<ServerStep<State>, 'state' | 'wipe'>;
  settingsHash(state: State): Uint8Array;
  drops(state: State): readonly Drop[];
  /** Undefined while there is no roster, and for a scheme without one. */
  parameters(state: State): RosterParameters | undefined;
}

/** The session's state, as far as a driver sees it. */
export interface ClientSession {
  readonly name: ClientStateName;
}

/** Every state of a client's session. `done`: nothing more is sent; `closed`: it knows how the round ended, or left it. */
type ClientStateName = CollectingState | 'cipher-agreement' | 'mask-agreement' | 'done' | 'closed';

/** What a client's session is started with. */
export interface ClientStart {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly policy: ClientPolicy;
  readonly self: ClientSelf;
  /** The coordinator's invitation. The session checks that its context is the hash of its settings. */
  readonly invitation: RoundInvitation;
  /** Settings hashes of rounds this client has seen, as hex; a repeated one is refused. The caller adds the new one. */
  readonly seen?: ReadonlySet<string>;
  /** What it remembers of earlier rounds. Without it nothing is checked against them, or reported of what is opened. */
  readonly history?: ClientHistory;
  /** Whether the session itself computes key agreements, or its driver. Default `inline`. */
  readonly agreements?: 'inline' | 'awaited';
}

/** What may happen to a client session. */
export type ClientInput =
  | { readonly kind: 'message'; readonly message: Message }
  /** What the scheme's `work` asked for, in its order. The session then owns them: every one of them is in `wipe`. */
  | { readonly kind: 'agreements'; readonly shared: readonly SecretBytes[] }
  /** The quantized vector, modulo 2^modulusBits. The session does not keep it. */
  | { readonly kind: 'input'; readonly values: Uint32Array }
  /** The client or its driver chooses to give up. Unless it had ended, the session reports `abandoned`. */
  | { readonly kind: 'leave'; readonly error: CairnError };

/** What a step tells its driver. */
export type ClientEvent =
  | { readonly kind: 'state'; readonly name: ClientStateName }
  /** The session waits for key agreements: those that the scheme's `work` names. */
  | { readonly kind: 'agreements-wanted' }
  /** The session needs the local input. It may ask at any time, even before there is one, and gets it once there is. */
  | { readonly kind: 'input-wanted' }
  /**
   * This client accepts a survivor set: reported if it has a history, before anything that follows from it is sent.
   * That is its signature in an active round, and its shares in a curious one. `members`: ids, ascending.
   */
  | {
      readonly kind: 'signing';
      readonly members: readonly number[];
      readonly session: SignedSession;
      /** In hex. */
      readonly sessionId: string;
    }
  /** This step's message reveals shares; reported if the client has a history. `members`: ids, ascending. */
  | { readonly kind: 'revealed'; readonly members: readonly number[] }
  /**
   * A member of the set that this client signed from the round's model was proven to have dealt falsely, in the session
   * with this id (hex): cohorts without it are accepted from now on.
   */
  | { readonly kind: 'false-dealing'; readonly member: MemberId; readonly session: string }
  /** The coordinator says the round has committed. */
  | { readonly kind: 'committed'; readonly included: boolean; readonly modelHash: Uint8Array }
  /** The round ended without a sum, or without this client. */
  | { readonly kind: 'abandoned'; readonly code: ErrorCode | undefined; readonly message: string }
  /** This client refused to continue; nothing is sent but the reason. */
  | { readonly kind: 'refused'; readonly error: CairnError };

/** The result of one step. The old state is spent; `wipe` is to be zeroed by the driver before anything else happens. */
export interface ClientStep<State extends ClientSession = ClientSession> {
  readonly state: State;
  /** Messages for the coordinator, in order. */
  readonly send: readonly SentMessage[];
  readonly events: readonly ClientEvent[];
  readonly wipe: readonly SecretBytes[];
  /** A message that was not taken: the state is as it was, except for a count of proofs that did not hold. */
  readonly refusal?: CairnError;
}

/** A session as recorded in a client's memory. */
export interface RememberedSession {
  /** In hex. */
  readonly sessionId: string;
  readonly session: SignedSession;
}

/**
 * A scheme's half at the client: pure functions of state and input.
 * @internal As {@link SchemeServer}.
 */
export interface SchemeClient<State extends ClientSession = ClientSession> {
  /**
   * Checks the invitation. The driver has checked its settings against the policy, whatever the scheme; a scheme
   * refuses settings that it cannot satisfy, such as an `active` adversary.
   * @throws CairnError `session-mismatch`, `wire-suite` if the invitation contradicts itself
   */
  start(start: ClientStart): ClientStep<State>;
  /** One step. It never throws. */
  step(state: State, input: ClientInput): ClientStep<State>;
  /** The key agreements that the session waits for. */
  work(state: State): WantedAgreements | undefined;
  /**
   * What to record of the session before its messages go out; undefined if there is nothing yet. A scheme that never
   * gives one has its inputs counted and charged like any other, but a client cannot hold it to a set of members: after
   * a set was signed from a model, and under a policy that asks sums to differ, it sends none of its inputs.
   */
  session(state: State): RememberedSession | undefined;
  /** What the coordinator is told about why the client leaves. */
  leavingReason(error: CairnError, policy: ClientPolicy): CairnError;
}

/** A way to sum members' inputs, from the invitation to the sum. */
export interface Scheme<Server extends ServerSession = ServerSession, Client extends ClientSession = ClientSession> {
  /** As it is named in settings. */
  readonly name: string;
  /** Those of `ROUND_STATES` that its sessions go through, in order. */
  readonly states: readonly TimedState[];
  readonly server: SchemeServer<Server>;
  readonly client: SchemeClient<Client>;
}

/**
 * The scheme that settings name, from those that were given.
 * @throws CairnError `scheme-unknown`: a coordinator cannot make a member take part in a scheme that it was not given
 */
export function schemeOf({ scheme = DEFAULT_SCHEME }: Pick<RoundSettings, 'scheme'>, given: readonly Scheme[]): Scheme {
  const found = given.find(({ name }) => name === scheme);
  if (found !== undefined) return found;
  throw new CairnError('scheme-unknown', `the round’s scheme is "${scheme}", this side takes part in ${named(given)}`);
}

const named = (given: readonly Scheme[]): string => given.map(({ name }) => `"${name}"`).join(', ') || 'none';
