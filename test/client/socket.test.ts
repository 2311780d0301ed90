import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAddress } from '../../client/transport/address.ts';
import { openSocket } from '../../client/transport/socket.ts';
import type { Transport } from '../../client/transport/transport.ts';
import { until } from '../coordinator/support/until.ts';
import { gate } from './support/rounds.ts';

const PACE = { reconnectDelayMs: 1, maxDelayMs: 10, ackTimeoutMs: 5000 };

let io: Server;
let url: string;
const transports: Transport[] = [];

beforeEach(async () => {
  const http = createServer();
  io = new Server(http, { path: '/base/socket.io/' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/base`;
});

afterEach(async () => {
  for (const transport of transports.splice(0)) transport.close();
  await io.close();
});

/** Opens a transport; `opened` and `message` say when the first of each has come. */
function open(pace: Partial<typeof PACE> = {}) {
  const seen = { opened: 0, lost: [] as string[], messages: [] as Uint8Array[] };
  const opened = gate();
  const reopened = gate();
  const message = gate();
  const transport = openSocket(
    parseAddress(url),
    {
      opened: () => {
        seen.opened++;
        (seen.opened === 1 ? opened : reopened).open();
      },
      message: (bytes) => {
        seen.messages.push(bytes);
        message.open();
      },
      lost: (reason) => seen.lost.push(reason),
      failed: () => undefined,
    },
    { ...PACE, ...pace },
  );
  transports.push(transport);
  return { transport, seen, opened: opened.opened, reopened: reopened.opened, message: message.opened };
}

const connections = (use: (socket: Socket) => void): void => void io.on('connection', use);

describe('openSocket', () => {
  it('gives messages as plain arrays, whose slices are copies, and nothing else', async () => {
    connections((socket) => {
      socket.emit('cairn', 'text');
      socket.emit('cairn', { not: 'bytes' });
      socket.emit('other', Uint8Array.of(9));
      socket.emit('cairn', Uint8Array.of(1, 2, 3), 'an offset');
    });
    const { seen, message } = open();
    await message;
    expect(seen.messages).toHaveLength(1);
    expect(seen.messages[0]!.constructor).toBe(Uint8Array);
    expect([...seen.messages[0]!]).toEqual([1, 2, 3]);
    const copy = seen.messages[0]!.slice();
    copy[0] = 7;
    expect(seen.messages[0]![0]).toBe(1);
  });

  it('uses websockets alone', async () => {
    const used: string[] = [];
    connections((socket) => used.push(socket.conn.transport.name));
    await open().opened;
    expect(used).toEqual(['websocket']);
  });

  it('sends exactly the bytes of a view, and gives the refusal that comes back', async () => {
    const got: unknown[] = [];
    connections((socket) =>
      socket.on('cairn', (bytes: Uint8Array, ack: (refusal?: Uint8Array) => void) => {
        got.push([...bytes]);
        if (got.length === 1) ack();
        else ack(Uint8Array.of(5));
      }),
    );
    const { transport, opened } = open();
    await opened;
    expect(await transport.send(Uint8Array.of(0, 1, 2, 3).subarray(1, 3))).toBeUndefined();
    expect(await transport.send(new Uint8Array())).toEqual(Uint8Array.of(5));
    expect(got).toEqual([[1, 2], []]);
  });

  it('fails at once where there is no connection', async () => {
    await expect(open().transport.send(Uint8Array.of(1))).rejects.toThrow('not connected');
  });

  it('fails what was not acknowledged when the connection ends, and comes back', async () => {
    connections((socket) => socket.on('cairn', () => socket.conn.close()));
    const { transport, opened, reopened, seen } = open();
    await opened;
    await expect(transport.send(Uint8Array.of(1))).rejects.toThrow();
    await reopened;
    expect(seen.lost).toHaveLength(1);
  });

  it('comes back when the server ends the connection in good order', async () => {
    let times = 0;
    connections((socket) => {
      if (times++ === 0) socket.disconnect(true);
    });
    const { reopened, seen } = open();
    await reopened;
    expect(seen.lost).toEqual(['io server disconnect']);
  });

  it('makes a new connection when it is told to, without a good-bye', async () => {
    const reasons: string[] = [];
    connections((socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const { transport, opened, reopened, seen } = open();
    await opened;
    transport.restart();
    await reopened;
    expect(seen.opened).toBe(2);
    await until(() => reasons.length > 0);
    expect(reasons).toEqual(['transport close']);
  });

  it('comes back ever more slowly where connections come to nothing, up to the longest pause, until one is of use', async () => {
    // A hundred clients whose seats are refused would else ask for them several times a second, each.
    let times = 0;
    connections((socket) => {
      times++;
      socket.conn.close();
    });
    const spy = vi.spyOn(globalThis, 'setTimeout');
    const pauses = (): number[] => spy.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => ms > 0 && ms <= 1.5 * 512);
    try {
      const { transport } = open({ reconnectDelayMs: 1, maxDelayMs: 64 });
      await vi.waitFor(() => expect(times).toBeGreaterThan(8), 10_000);
      expect(Math.max(...pauses())).toBeGreaterThanOrEqual(32);
      expect(Math.max(...pauses())).toBeLessThanOrEqual(96);
      transport.pauseAtMost(512);
      await vi.waitFor(() => expect(Math.max(...pauses())).toBeGreaterThanOrEqual(128), 10_000);
      const long = times;
      transport.settled();
      spy.mockClear();
      await vi.waitFor(() => expect(times).toBeGreaterThan(long + 4), 10_000);
      expect(Math.min(...pauses())).toBeLessThanOrEqual(4);
    } finally {
      spy.mockRestore();
    }
  });

  it('is silent after it was closed', async () => {
    const { transport, opened, seen } = open();
    await opened;
    transport.close();
    transport.restart();
    await expect(transport.send(Uint8Array.of(1))).rejects.toThrow();
    expect(seen.lost).toEqual([]);
    expect(seen.opened).toBe(1);
  });
});
