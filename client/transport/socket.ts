import { io } from 'socket.io-client';
import { type Address, EVENT_NAME, type OpenTransport } from './transport.ts';

/**
 * Bytes of a payload as a plain Uint8Array: Node gives Buffers, whose `slice` is a view although the protocol's
 * decoders expect a copy, and browsers give ArrayBuffers. Undefined for anything else.
 */
function asBytes(payload: unknown): Uint8Array | undefined {
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  if (!ArrayBuffer.isView(payload)) return undefined;
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** What Node says when a websocket request gets an ordinary HTTP answer; browsers do not say. */
const ANSWERED = /^Unexpected server response: (\d{3})$/;

/** Answers to a websocket request that are the coordinator's own. */
const TOLD: Readonly<Record<string, string>> = {
  421: 'the coordinator there does not use this address; add it to its publicUrls',
  429: 'the coordinator there has too many connections at the moment',
};

/** Why a websocket failed. */
interface Reason {
  readonly text: string;
  /** Whether the coordinator itself has said so. */
  readonly told: boolean;
}

function reasonOf(error: Error & { readonly description?: unknown }): Reason {
  const { description } = error;
  const inner = typeof description === 'object' && description !== null && 'message' in description;
  const message = inner ? String(description.message) : '';
  const status = ANSWERED.exec(message)?.[1];
  if (status === undefined) return { text: message === '' ? error.message : message, told: false };
  if (Object.hasOwn(TOLD, status)) return { text: TOLD[status]!, told: true };
  return { text: `the websocket was answered with status ${status}`, told: false };
}

const pathOf = (address: Address): string => `${address.base}socket.io/`;

/** Opens a transport over socket.io, by websocket only. */
export const openSocket: OpenTransport = (address, events, pace) => {
  const socket = io(address.origin, {
    path: pathOf(address),
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: pace.reconnectDelayMs,
    reconnectionDelayMax: pace.maxDelayMs,
  });
  let closed = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let maxDelay = pace.maxDelayMs;
  /** Consecutive fruitless connections. socket.io counts only attempts at which no connection was made at all. */
  let fruitless = 0;
  let useful = false;

  const shortest = (): number => Math.min(pace.reconnectDelayMs * 2 ** Math.min(fruitless, 30), maxDelay);
  /** A connection is lost: if it was of no use, the next one is made later. */
  const gone = (): void => {
    fruitless = useful ? 0 : fruitless + 1;
    useful = false;
    socket.io.reconnectionDelay(shortest());
  };

  // socket.io does not reconnect by itself if the server ended the connection or refused it.
  const comeBack = (): void => {
    if (closed || socket.active) return;
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), shortest() * (1 + Math.random()));
  };

  socket.on('connect', () => events.opened(socket.recovered));
  // With connection state recovery the server adds an offset after the payload; it is for socket.io only.
  socket.on(EVENT_NAME, (payload: unknown) => {
    const bytes = asBytes(payload);
    if (bytes !== undefined && !closed) events.message(bytes);
  });
  socket.on('disconnect', (reason) => {
    // What was written while the connection died would go out before the next Hello; the queue sends it again.
    socket.sendBuffer = [];
    gone();
    if (!closed) events.lost(reason);
    comeBack();
  });
  socket.on('connect_error', (error) => {
    const { text, told } = reasonOf(error);
    if (!closed) events.failed(text, told);
    // Not if no connection was made, after which socket.io tries again by itself.
    if (!socket.active) gone();
    comeBack();
  });

  return {
    async send(bytes, patience) {
      if (!socket.connected) throw new Error('not connected');
      // Even without a timeout, socket.io fails what is not acknowledged when the connection ends.
      const sender = patience === 'patient' ? socket : socket.timeout(pace.ackTimeoutMs);
      return asBytes((await sender.emitWithAck(EVENT_NAME, bytes)) as unknown);
    },
    restart() {
      if (closed) return;
      // Not `socket.disconnect()`: that means leaving for good, and the coordinator does not keep the seat.
      if (socket.connected) socket.io.engine.close();
      comeBack();
    },
    settled() {
      useful = true;
    },
    pauseAtMost(ms) {
      maxDelay = ms;
      socket.io.reconnectionDelayMax(ms);
    },
    close() {
      closed = true;
      clearTimeout(again);
      socket.disconnect();
    },
  };
};
