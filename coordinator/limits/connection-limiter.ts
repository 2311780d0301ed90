import type { EventEmitter } from 'node:events';

/** How many connections there may be at a time. */
export interface CrowdLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** The end of a connection, as its socket tells it. */
export type Ending = Pick<EventEmitter, 'once'>;

/** Who is there, counted in all and by address. */
export class ConnectionLimiter<Socket extends Ending = Ending> {
  readonly #limits: CrowdLimits;
  readonly #byAddress = new Map<string, number>();
  readonly #there = new Map<Socket, string>();

  constructor(limits: CrowdLimits) {
    this.#limits = limits;
  }

  /** How many there are. */
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

  /** Who must go for one more to have room: who has been there longest, of the same address where that has its share. */
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

  /** Harmless for who is not counted. */
  remove(socket: Socket): void {
    const address = this.#there.get(socket);
    if (address === undefined) return;
    this.#there.delete(socket);
    const left = this.#byAddress.get(address)! - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}
