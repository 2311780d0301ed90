import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { shapeLine, type Line } from '../../../simulations/experiments/private-inference/processes/shaper.ts';

const open: (Server | Line)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server that sends back what it gets, and a socket to it through a line. */
async function echoThrough(roundTripMs: number, megabytesPerSecond: number): Promise<Socket> {
  const server = createServer((socket) => void socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const line = await shapeLine((server.address() as AddressInfo).port, { roundTripMs, megabytesPerSecond });
  open.push(server, line);
  const socket = connect(line.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and waits until as many have come back. @returns them, and milliseconds */
async function echoed(socket: Socket, bytes: Buffer): Promise<{ readonly back: Buffer; readonly ms: number }> {
  const from = performance.now();
  socket.write(bytes);
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes.length) {
    const [part] = (await once(socket, 'data')) as [Buffer];
    parts.push(part);
    length += part.length;
  }
  return { back: Buffer.concat(parts), ms: performance.now() - from };
}

describe('a shaped line', () => {
  it('passes every byte in order, also more than it may hold at once', async () => {
    const socket = await echoThrough(1, 1000);
    const bytes = Buffer.alloc(20 << 20);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i);
    const { back } = await echoed(socket, bytes);
    expect(back.equals(bytes)).toBe(true);
    socket.destroy();
  }, 60_000);

  it('takes a round-trip time at least, however few the bytes', async () => {
    const socket = await echoThrough(60, 1000);
    expect((await echoed(socket, Buffer.of(1))).ms).toBeGreaterThanOrEqual(59);
    expect((await echoed(socket, Buffer.of(2))).ms).toBeGreaterThanOrEqual(59);
    socket.destroy();
  });

  it('lets no more through than the bandwidth', async () => {
    const socket = await echoThrough(0, 1);
    // The first byte to come back has waited for the whole of the first piece; the last one, for all of them.
    expect((await echoed(socket, Buffer.alloc(200_000))).ms).toBeGreaterThanOrEqual(199);
    socket.destroy();
  });

  it('ends when either end does', async () => {
    const socket = await echoThrough(20, 100);
    const ended = once(socket, 'close');
    socket.end(Buffer.of(1));
    socket.resume();
    await ended;
  });
});
