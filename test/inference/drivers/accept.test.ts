import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { accept } from '../../../inference/drivers/node.ts';
import { type Listening, listening } from '../support/listening.ts';

const REQUESTS = { 'of another path': '/nowhere', 'beyond the sessions allowed': '/ask' } as const;

let open: Listening;
afterEach(() => open.close());

describe('a service that refuses a connection', () => {
  it.each(Object.entries(REQUESTS))('outlives one %s that is reset at once', async (_, path) => {
    open = await listening((server) => accept(server, [{ path: '/ask', maxSessions: 0, onChannel: async () => {} }]));
    const refused = new Promise<Socket>((resolve) =>
      open.server.once('upgrade', (_request, socket) => resolve(socket as Socket)),
    );
    const port = Number(new URL(open.url).port);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const theirs = await refused;
    socket.resetAndDestroy();
    const errors = await new Promise<number>((resolve) => {
      theirs.once('close', () => resolve(theirs.listenerCount('error')));
    });
    expect(errors).toBeGreaterThan(0);
  });

  it('ends the connection also if the other side keeps its half open', async () => {
    open = await listening((server) => accept(server, []));
    const socket = connect({ port: Number(new URL(open.url).port), host: '127.0.0.1', allowHalfOpen: true });
    const refused = new Promise<Socket>((resolve) =>
      open.server.once('upgrade', (_request, theirs) => resolve(theirs as Socket)),
    );
    socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const theirs = await refused;
    await once(theirs, 'close');
    expect(theirs.destroyed).toBe(true);
    socket.destroy();
  });
});
