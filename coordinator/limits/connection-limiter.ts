import type { EventEmitter } from 'node:events';

/** Maximum connections at a time. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** The part of a socket that reports its end. */
export type Ending = Pick<EventEmitter, 'once'>;

/** Open connections, counted in total and by address. */
export class ConnectionLimiter<Socket extends Ending = Ending> {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  readonly #there = new Map<Socket, string>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Number of connections. */
  get size(): number {
    return this.#there.size;
  }

  has(socket: Socket): boolean {
    return this.#there.has(socket);
  }

  /** Whether there is room for one more. */
  hasRoomFor(address: string): boolean {
    const { connections, connectionsPerAddress } = this.#limits;
    return this.size < connections && (this.#byAddress.get(address) ?? 0) < connectionsPerAddress;
  }

  /**
   * The connection to close to make room for one more: the oldest, or that of the same address if it has used its
   * share.
   */
  inTheWayOf(address: string): Socket | undefined {
    if (this.hasRoomFor(address)) return undefined;
    const own = (this.#byAddress.get(address) ?? 0) >= this.#limits.connectionsPerAddress;
    for (const [socket, of] of this.#there) if (!own || of === address) return socket;
    return undefined;
  }

  /** Counts a connection until its socket is closed, or {@link remove} is called. */
  add(socket: Socket, address: string): void {
    this.#there.set(socket, address);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.remove(socket));
  }

  /** Harmless for a connection that is not counted. */
  remove(socket: Socket): void {
    const address = this.#there.get(socket);
    if (address === undefined) return;
    this.#there.delete(socket);
    const left = this.#byAddress.get(address)! - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}
