import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { SIZES } from '../../../protocol/crypto/suite.ts';
import { DEFAULT_SUITE, PROTOCOL_VERSION } from '../../../protocol/crypto/index.ts';
import { encodeChallenge } from '../../../protocol/wire/messages/connect.ts';

/** A server that greets as a coordinator of another protocol version would. */
export async function coordinatorOfAnotherVersion(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'] });
  const challenge = encodeChallenge({ suite: DEFAULT_SUITE, context: new Uint8Array(SIZES.challenge) });
  challenge[0] = PROTOCOL_VERSION + 1;
  io.on('connection', (socket) => socket.emit('cairn', challenge));
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => io.close() };
}
