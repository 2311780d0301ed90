import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Message, MessageHeader } from '../../protocol/wire/index.ts';

/** Makes a message; see `Outgoing.bytes`. A seat keeps this rather than the bytes, which it can have again. */
export type MakeMessage = () => Uint8Array;

/** How a message is sent. */
export interface SendOptions {
  /** The member needs nothing that it was sent before in its round: none of it is sent again, or kept. */
  readonly last?: boolean;
  /** The round that sends it. A member that left it may have a seat in another by now, whose messages it still needs. */
  readonly from?: RoundHandle;
}

/** A round of one group, as seats know it: values alone, by which they hold it apart from all others. */
export interface RoundHandle {
  /** The round's settings hash: what a refusal refers to. */
  readonly context: Uint8Array;
  /** Bytes of the largest message that a member of it may send. */
  readonly largest: number;
}

/** Why a message was refused; undefined if it was taken. A round in another process says so later. */
export type Verdict = CairnError | undefined | Promise<CairnError | undefined>;

/** What a round is told of its members. */
export interface RoundListener {
  /**
   * Why a message with this header would be refused at present; undefined if it would be inspected. It is asked
   * with every part of a long message, and spares the rest of one that would be refused: a round in another process may
   * say undefined to all of them.
   */
  refusal(member: MemberId, header: MessageHeader): CairnError | undefined;
  /** A message. Its bytes are the round's for this call alone, also if it judges them later: what outlives the call is copied. */
  message(member: MemberId, message: Message): Verdict;
  leave(member: MemberId, reason: ErrorCode): void;
  /** Milliseconds that its state has left for messages. */
  timeLeft(): number;
  /** So many bytes have been sent to a member; again if a message was sent again. */
  sent(bytes: number): void;
}

/**
 * The members that are connected, as rounds know them. A round knows no socket and no seat: it names members, a handle
 * and bytes, so that it can run in another process than the connections, with this interface carried between them.
 */
export interface SeatHub {
  /** Connected members that take part in no round, offer themselves for the task and may take part in it, ascending. */
  idle(task: string): MemberId[];
  /** Whether a member has a seat, connected or within the grace. */
  has(member: MemberId): boolean;
  /** Resolves at the next change of who is there or idle, or when the signal is aborted. */
  change(signal: AbortSignal): Promise<void>;
  /**
   * Has a round told what its members send and when they leave, until the function that this returns is called. It comes
   * before {@link assign}.
   */
  onMessage(round: RoundHandle, listener: RoundListener): () => void;
  /** Seats members in a round; those that have no seat any more are passed over. @throws CairnError `internal` if no one listens */
  assign(members: readonly MemberId[], round: RoundHandle): void;
  /** The round is over: those of its members that are still in it are idle. */
  release(members: readonly MemberId[], round: RoundHandle): void;
  /** Sends to a member, if it still has a seat: now if it is connected, and again when it comes back without having answered. */
  send(member: MemberId, message: MakeMessage, options?: SendOptions): void;
}
