/** The one event name of the protocol, in both directions; its payload is the bytes of one message. */
export const EVENT_NAME = 'cairn';

/** Events of a transport. Callbacks may come at any time until `close` has returned, and never after. */
interface TransportEvents {
  /** A connection is open. `recovered`: it continues the previous one, with everything that was missed replayed. */
  readonly opened: (recovered: boolean) => void;
  /** The bytes of one message. */
  readonly message: (bytes: Uint8Array) => void;
  /** The connection is lost; the transport retries by itself. */
  readonly lost: (reason: string) => void;
  /** An attempt to connect failed; the transport retries by itself. `told`: the coordinator itself said why. */
  readonly failed: (reason: string, told: boolean) => void;
}

/** A connection that carries messages, each as one event, and reconnects by itself. */
export interface Transport {
  /**
   * Sends one message over the current connection.
   * @param patience `patient`: the answer is awaited for as long as the connection lasts
   * @returns the bytes of the Abort with which the coordinator refused it (for a first Part that it resumes: of a
   * Resume), or undefined if it was accepted
   * @throws Error if the connection ends, or no answer comes in time: whether it was accepted is not known then
   */
  send(bytes: Uint8Array, patience?: 'patient'): Promise<Uint8Array | undefined>;
  /** Ends the connection, so that a new one is made. */
  restart(): void;
  /** The connection is of use: if it is lost, the pauses before new attempts begin with the shortest again. */
  settled(): void;
  /** From now on no pause before an attempt to connect is longer, apart from jitter. */
  pauseAtMost(ms: number): void;
  /** Ends the connection for good. */
  close(): void;
}

/** Opens a transport. */
export type OpenTransport = (address: Address, events: TransportEvents, pace: Pace) => Transport;

/** How patient a transport is, in milliseconds. */
export interface Pace {
  /** Before the first attempt to connect again; doubles up to {@link Transport.pauseAtMost}, with jitter. */
  readonly reconnectDelayMs: number;
  /** The initial maximum pause. */
  readonly maxDelayMs: number;
  /** Until an unacknowledged message counts as lost. */
  readonly ackTimeoutMs: number;
}

/** A coordinator's address. */
export interface Address {
  /** As the user wrote it, for messages. */
  readonly text: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path of the API's root, with a slash at its end. */
  readonly base: string;
}
