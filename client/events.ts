import type { AdversaryClass, ClientState } from '../protocol/schemes/secagg/index.ts';
import type { Cut } from '../protocol/quantize/index.ts';
import type { AgreementName } from '../protocol/crypto/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { MessageName, RoundPrivacy, TaskNewsFields } from '../protocol/wire/index.ts';
import type { SpentPrivacy } from './consent/privacy-account.ts';

interface OfRound {
  readonly task: string;
  readonly round: number;
}

/** What happens within one round. */
export type RoundEvent = OfRound &
  /** The coordinator asks for this client. `measures`: the attempt finds out scales alone, and sends no update. */
  (
    | { readonly kind: 'invited'; readonly adversary: AdversaryClass; readonly measures?: true }
    /**
     * The round's sum is differentially private. What this client's rounds have told by its own count, before this one
     * and with it, for the δ `counted`; `spent` of `epsilon` is what the coordinator counts, for `delta`.
     */
    | ({
        readonly kind: 'privacy';
        readonly before: SpentPrivacy;
        readonly after: SpentPrivacy;
        readonly counted: number;
      } & RoundPrivacy)
    /**
     * The round's model is not the last one trained on, but one moved by a small step: a further sum from nearly the same
     * model. `rebases`: steps since a round committed; `withinDay`: models so moved that this client takes part in within
     * 24 hours, this one among them.
     */
    | { readonly kind: 'rebased'; readonly rebases: number; readonly withinDay: number }
    /** Local training begins. */
    | { readonly kind: 'training' }
    /** There is an update to take part with. `kept`: it is that of an earlier attempt from the same model. */
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
     * A value of this client was beyond a bound of the round and counts as the bound: its number of examples, its loss, or
     * the greatest change of a value in an untrained tensor.
     */
    | ({ readonly kind: 'cut' } & Cut)
    /** Keys were agreed on with `peers` members; `agreement` says by whose implementation. */
    | { readonly kind: 'agreed'; readonly peers: number; readonly agreement: AgreementName }
    /** The session entered a state. */
    | { readonly kind: 'state'; readonly state: ClientState['name'] }
    /** A message is being handed to the connection. */
    | { readonly kind: 'sent'; readonly message: MessageName; readonly bytes: number }
    /** The round has a sum. `included`: this client's update is in it. `modelHash` is hex. */
    | { readonly kind: 'committed'; readonly included: boolean; readonly modelHash: string }
    /**
     * The round has measured the scales of those to come: how great members' values are at most, to a power of two. No
     * update was sent; this client's is kept. `included`: its values are in the measure.
     */
    | { readonly kind: 'measured'; readonly included: boolean }
    /**
     * The round ended without a sum, or without this client. `update`: what becomes of its work for the same model. One that
     * is there is `kept`; one that is still `training` when the round ends is kept when it is done; `none` was begun.
     * `round-forgotten`: how it ended is not known here; `member-left`: this client left.
     */
    | {
        readonly kind: 'abandoned';
        readonly code: ErrorCode | undefined;
        readonly message: string;
        readonly update: 'kept' | 'training' | 'none';
      }
    /**
     * This client left the round because of what it was sent, or because it could not train; it stays for later rounds.
     * `repeated`: it has told the same of this task since the last round that it did not refuse.
     */
    | {
        readonly kind: 'refused';
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint: string;
        readonly repeated: boolean;
      }
  );

/**
 * Where a task stands, as the coordinator says: nothing proves it. The text of a failure is printable.
 */
export interface TaskEvent extends Omit<TaskNewsFields, 'modelHash' | 'code' | 'message'> {
  readonly kind: 'task';
  /** SHA-256 of the file of its model, in hex: once the task has ended, of the last one. */
  readonly modelHash: string;
  /** Why it has failed: an error code, if it is one that this client knows, and one line for a person. */
  readonly code?: ErrorCode;
  readonly message?: string;
}

/** How a task stood when a participation ended. */
export type TaskEnd = Pick<TaskEvent, 'task' | 'state' | 'round' | 'modelHash' | 'code'>;

/**
 * What a participation tells its own user, in the order in which it happens. Events are local: they hold what nobody
 * else may know, such as this client's loss, and must not be sent anywhere. Messages and hints are printable, whoever
 * wrote them; the name of a task is as the coordinator gave it, since it is an id: print it with care.
 */
export type ParticipationEvent =
  | RoundEvent
  | TaskEvent
  /** This client has no identity: it can tell invented members from real ones as little as it can be told from them. */
  | { readonly kind: 'unsafe-open-enrolment' }
  /** The app's data are loaded, and this is what its training runs on; told where the app says so. */
  | { readonly kind: 'engine'; readonly engine: string }
  /** The client has its seat. `renewed`: the coordinator did not remember the connection before this one. */
  | { readonly kind: 'connected'; readonly member: number; readonly renewed: boolean }
  /** The connection was lost; the client tries again by itself. */
  | { readonly kind: 'disconnected'; readonly reason: string }
  /** A message that was not taken; nothing changed by it. */
  | { readonly kind: 'ignored'; readonly code: ErrorCode; readonly message: string }
  /** The participation ends because of this; `closed` rejects with the same error. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string }
  /** The participation ended in good order: by this client's own will, or since all its tasks have ended. */
  | { readonly kind: 'left' };

/** Without the task and the round, which whoever runs the round adds. */
export type Bare<Event> = Event extends unknown ? Omit<Event, keyof OfRound> : never;

/** What a participation came to, in rounds. */
export interface ParticipationSummary {
  /** The member id or seat; undefined where the client never had one. */
  readonly member: number | undefined;
  /** Rounds that committed with this client's update. */
  readonly included: number;
  /** Rounds that committed without it. */
  readonly missed: number;
  /** Rounds that ended for this client before they committed. */
  readonly abandoned: number;
  /** Rounds that this client refused. */
  readonly refused: number;
  /** Tasks that the coordinator told of, as they stood at last. */
  readonly tasks: readonly TaskEnd[];
}
