/** What checking a proof needs of a session in which a set was signed, or could only be signed. */
export interface SignedSession {
  /** In hex. */
  readonly settingsHash: string;
  /** Merkle root of the roster, in hex. */
  readonly root: string;
  /** Ids of the whole roster, ascending. */
  readonly ids: readonly number[];
  readonly graph: 'complete' | 'ring';
  /** Neighbours of each member. */
  readonly degree: number;
  /** Shares that open a secret. */
  readonly threshold: number;
}

/** The one survivor set that a client signed from a model, or accepted if it does not sign. */
export interface SignedSet {
  /** Ids of its members, ascending. */
  readonly members: readonly number[];
  /**
   * The sessions in which it was signed, newest last; at most 4. They include those that an input was sent to since,
   * whose settings let no other set be summed.
   */
  readonly sessions: readonly SignedSession[];
  /** Members that were proven to have dealt falsely in one of these sessions. */
  readonly proven: readonly number[];
}

/** An input that a client has sent: never in the clear, but recognizable. */
export interface SentInput {
  /** `repeat` of the round's settings: each has one input. */
  readonly repeat: number;
  /** `inputRecord` of the update, in hex. */
  readonly input: string;
  /** `termsOf` the settings, in hex. */
  readonly terms: string;
}

/** What a client remembers of one model point. */
export interface ModelRecord {
  /** One for each `repeat` that an input was sent for. */
  readonly inputs: readonly SentInput[];
  /** The one survivor set that it signed from this model; undefined before. */
  readonly signed: SignedSet | undefined;
  /** Id of the latest session in which it shared its keys, in hex. */
  readonly session?: string;
  /** Nothing else is remembered any more: no further input is sent from this model. */
  readonly closed?: boolean;
}

/** The members of one sum that a client signed. */
export interface OpenedSet {
  /**
   * What the round made of updates, as `termsOf` gives it, in hex; empty if it only measured, or if an earlier version
   * did not record it like this.
   */
  readonly terms: string;
  /** Ids of the members whose inputs were in the sum, ascending. */
  readonly members: readonly number[];
}

/** What a client remembers of earlier rounds. The session is given it, and remembers nothing itself. */
export interface ClientHistory {
  /** Rounds of the last 24 hours that it trained for, or sent a kept update in. */
  readonly roundsWithinDay: number;
  /** Other models that a rebase produced and that it sent an input from within the last 24 hours. */
  readonly rebasesWithinDay: number;
  /** All sums that it signed and remembers, whatever their tasks: the coordinator chooses the names of tasks. */
  readonly opened: readonly OpenedSet[];
  /** What it remembers of this round's model point. */
  readonly record: ModelRecord | undefined;
}
