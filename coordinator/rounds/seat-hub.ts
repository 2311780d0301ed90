import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Message, MessageHeader } from '../../protocol/wire/index.ts';

/** Makes a message; see `Outgoing.bytes`. A seat keeps this rather than the bytes, which can be made again. */
export type MakeMessage = () => Uint8Array;

/** How a message is sent. */
export interface SendOptions {
  /** The member needs no earlier message of its round: none is kept or sent again. */
  readonly last?: boolean;
  /** The round that sends it. A member that left it may be in another by now, whose messages it still needs. */
  readonly from?: RoundHandle;
}

/** A round of one group, as seats know it: only values, which distinguish it from all others. */
export interface RoundHandle {
  /** The round's settings hash, which a refusal refers to. */
  readonly context: Uint8Array;
  /** Bytes of the largest message that one of its members may send. */
  readonly largest: number;
}

/** Why a message was refused; undefined if it was accepted. A round in another process answers later. */
export type Verdict = CairnError | undefined | Promise<CairnError | undefined>;

/** What a round is told about its members. */
export interface RoundListener {
  /**
   * Why a message with this header would be refused now; undefined if it would be inspected. Called with every part of
   * a long message, to save sending the rest of one that would be refused: a round in another process may answer
   * undefined to all of them.
   */
  refusal(member: MemberId, header: MessageHeader): CairnError | undefined;
  /**
   * A message. Its bytes are valid only during this call, even if the round judges them later: it must copy what it
   * keeps.
   */
  message(member: MemberId, message: Message): Verdict;
  leave(member: MemberId, reason: ErrorCode): void;
  /** Milliseconds left for messages in its state. */
  timeLeft(): number;
  /** This many bytes have been sent to a member; called again if a message is resent. */
  sent(bytes: number): void;
}

/**
 * The connected members, as rounds know them. A round knows no sockets and no seats: it uses only members, a handle and
 * bytes, so that it can run in a different process from the connections, with this interface carried between them.
 */
export interface SeatHub {
  /** Connected members that are in no round, offer themselves for the task and may take part in it, ascending. */
  idle(task: string): MemberId[];
  /** Whether a member has a seat, connected or within the grace. */
  has(member: MemberId): boolean;
  /** Resolves when a member next comes, goes or becomes idle, or when the signal is aborted. */
  change(signal: AbortSignal): Promise<void>;
  /**
   * Tells a round what its members send and when they leave, until the returned function is called. Must be called
   * before {@link assign}.
   */
  onMessage(round: RoundHandle, listener: RoundListener): () => void;
  /**
   * Seats members in a round; ignores those without a seat. @throws CairnError `internal` if the round does not listen
   * @throws CairnError `internal` if no one listens
   */
  assign(members: readonly MemberId[], round: RoundHandle): void;
  /** The round is over: those of its members that are still in it are idle. */
  release(members: readonly MemberId[], round: RoundHandle): void;
  /**
   * Sends to a member, if it still has a seat: now if connected, and again when it comes back without having answered.
   */
  send(member: MemberId, message: MakeMessage, options?: SendOptions): void;
}
