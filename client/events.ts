import type { AdversaryClass, ClientSession } from '../protocol/rounds/index.ts';
import type { Cut } from '../protocol/quantize/index.ts';
import type { AgreementName } from '../protocol/crypto/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { MessageName, RoundPrivacy, TaskNewsFields } from '../protocol/wire/index.ts';
import type { SpentPrivacy } from './consent/privacy-account.ts';

/** Which round an event is about. */
export interface OfRound {
  readonly task: string;
  readonly round: number;
}

/** What happens within one round. */
export type RoundEvent = OfRound &
  /** The coordinator invites this client. `measures`: the attempt only measures scales, and sends no update. */
  (
    | { readonly kind: 'invited'; readonly adversary: AdversaryClass; readonly measures?: true }
    /**
     * The round's sum is differentially private. What this client's rounds have revealed by its own count, before this
     * one and including it, for the δ `counted`; `spent` of `epsilon` is the coordinator's count, for `delta`.
     */
    | ({
        readonly kind: 'privacy';
        readonly before: SpentPrivacy;
        readonly after: SpentPrivacy;
        readonly counted: number;
      } & RoundPrivacy)
    /**
     * The round's model is not the last one trained on, but one moved by a small step: another sum from nearly the same
     * model. `rebases`: steps since a round committed; `withinDay`: such models that this client takes part in within
     * 24 hours, this one included.
     */
    | { readonly kind: 'rebased'; readonly rebases: number; readonly withinDay: number }
    /** Local training begins. */
    | { readonly kind: 'training' }
    /** An update is ready. `kept`: it is from an earlier attempt from the same model. */
    | {
        readonly kind: 'trained';
        readonly examples: number;
        readonly loss: number;
        readonly accuracy: number;
        readonly kept: boolean;
      }
    /** The update was longer than the round's clip, and was scaled by `factor`. */
    | { readonly kind: 'clipped'; readonly factor: number }
    /**
     * A value of this client exceeded a bound of the round and counts as the bound: its number of examples, its loss,
     * or the largest change of a value in an untrained tensor.
     */
    | ({ readonly kind: 'cut' } & Cut)
    /** Keys were agreed on with `peers` members; `agreement` names the implementation. */
    | { readonly kind: 'agreed'; readonly peers: number; readonly agreement: AgreementName }
    /** The session entered a state. */
    | { readonly kind: 'state'; readonly state: ClientSession['name'] }
    /** A message is being handed to the connection. */
    | { readonly kind: 'sent'; readonly message: MessageName; readonly bytes: number }
    /** The round has a sum. `included`: this client's update is in it. `modelHash` is hex. */
    | { readonly kind: 'committed'; readonly included: boolean; readonly modelHash: string }
    /**
     * The round has measured the scales of later ones: how large members' values are at most, to a power of two. No
     * update was sent; this client's is kept. `included`: its values are in the measurement.
     */
    | { readonly kind: 'measured'; readonly included: boolean }
    /**
     * The round ended without a sum, or without this client. `update`: what happens to its work for the same model. A
     * finished one is `kept`; one still `training` when the round ends is kept when it is done; `none` was begun.
     * `round-forgotten`: how it ended is unknown here; `member-left`: this client left.
     */
    | {
        readonly kind: 'abandoned';
        readonly code: ErrorCode | undefined;
        readonly message: string;
        readonly update: 'kept' | 'training' | 'none';
      }
    /**
     * This client left the round because of what it was sent, or because it could not train; it stays for later rounds.
     * `repeated`: it has already reported the same for this task since the last round that it did not refuse.
     */
    | {
        readonly kind: 'refused';
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint: string;
        readonly repeated: boolean;
      }
  );

/** The state of a task, as claimed by the coordinator: nothing proves it. The text of a failure is printable. */
export interface TaskEvent extends Omit<TaskNewsFields, 'modelHash' | 'code' | 'message'> {
  readonly kind: 'task';
  /** SHA-256 of its model file, in hex: once the task has ended, of the last one. */
  readonly modelHash: string;
  /** Why it has failed: an error code, if this client knows it, and one line for a person. */
  readonly code?: ErrorCode;
  readonly message?: string;
}

/** The state of a task when a participation ended. */
export type TaskEnd = Pick<TaskEvent, 'task' | 'state' | 'round' | 'modelHash' | 'code'>;

/**
 * What a participation reports to its own user, in order. Events are local: they hold private data, such as this
 * client's loss, and must not be sent anywhere. Messages and hints are printable, whatever their source; the name of a
 * task is as the coordinator gave it, since it is an id: print it with care.
 */
export type ParticipationEvent =
  | RoundEvent
  | TaskEvent
  /** This client has no identity: it cannot tell invented members from real ones, nor can it be told from them. */
  | { readonly kind: 'unsafe-open-enrolment' }
  /** The app's data are loaded, and this is what its training runs on; emitted if the app says so. */
  | { readonly kind: 'engine'; readonly engine: string }
  /** The client has its seat. `renewed`: the coordinator did not remember the connection before this one. */
  | { readonly kind: 'connected'; readonly member: number; readonly renewed: boolean }
  /** The connection was lost; the client reconnects by itself. */
  | { readonly kind: 'disconnected'; readonly reason: string }
  /** A message that was not accepted; it changed nothing. */
  | { readonly kind: 'ignored'; readonly code: ErrorCode; readonly message: string }
  /** The participation ends because of this; `closed` rejects with the same error. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string }
  /** The participation ended normally: at this client's request, or since all its tasks have ended. */
  | { readonly kind: 'left' };

/** Without the task and the round, which the code that runs the round adds. */
export type Bare<Event> = Event extends unknown ? Omit<Event, keyof OfRound> : never;

/** The outcome of a participation, in rounds. */
export interface ParticipationSummary {
  /** The member id or seat; undefined if the client never got one. */
  readonly member: number | undefined;
  /** Rounds that committed with this client's update. */
  readonly included: number;
  /** Rounds that committed without it. */
  readonly missed: number;
  /** Rounds that ended for this client before they committed. */
  readonly abandoned: number;
  /** Rounds that this client refused. */
  readonly refused: number;
  /** Tasks that the coordinator reported, in their last state. */
  readonly tasks: readonly TaskEnd[];
}
