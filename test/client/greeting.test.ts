import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../client/transport/address.ts';
import { CoordinatorConnection } from '../../client/transport/connection.ts';
import type { OpenTransport } from '../../client/transport/transport.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { memberId } from '../../protocol/ids.ts';
import { encodeChallenge, encodeWelcome } from '../../protocol/wire/messages/connect.ts';

type Events = Parameters<OpenTransport>[1];

const HEADER = { suite: 1, context: new Uint8Array(32).fill(5) } as const;

const connections: CoordinatorConnection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
});

/** A connection over a line that stands at once, and takes whatever is sent. */
function connectOver(line: { restarted: () => void }): Events {
  let events!: Events;
  const connection = new CoordinatorConnection(
    {
      address: parseAddress('http://localhost:1'),
      primitives: portablePrimitives,
      speaker: { kind: 'guest', name: '' },
      tasks: [],
      open: (_address, told) => {
        events = told;
        const ignore = (): void => undefined;
        return {
          ...{ send: () => Promise.resolve(undefined), restart: () => line.restarted() },
          ...{ settled: ignore, pauseAtMost: ignore, close: ignore },
        };
      },
      pace: { reconnectDelayMs: 1, maxDelayMs: 10, ackTimeoutMs: 20 },
      connectTimeoutMs: 60_000,
    },
    {
      ...{ seated: () => undefined, message: () => undefined, unreadable: () => undefined, news: () => undefined },
      ...{ lost: () => undefined, failed: () => undefined },
    },
  );
  connections.push(connection);
  return events;
}

describe('a connection on which no seat is given', () => {
  it.each([
    ['no challenge comes', false],
    ['the Hello is taken, and no welcome comes', true],
  ])('is made anew where %s', async (_what, challenged) => {
    let restarted!: () => void;
    const again = new Promise<void>((resolve) => (restarted = resolve));
    const events = connectOver({ restarted });
    events.opened(false);
    if (challenged) events.message(encodeChallenge(HEADER));
    await again;
  });

  it('is left alone once there is a seat, and when it has ended by itself', async () => {
    const restarts: string[] = [];
    const seated = connectOver({ restarted: () => restarts.push('seated') });
    seated.opened(false);
    seated.message(encodeChallenge(HEADER));
    seated.message(encodeWelcome({ ...HEADER, member: memberId(7), token: new Uint8Array(16) }));
    const ended = connectOver({ restarted: () => restarts.push('ended') });
    ended.opened(false);
    ended.lost('the line broke');
    // A third one, opened later, is restarted last.
    await new Promise<void>((resolve) => connectOver({ restarted: resolve }).opened(false));
    expect(restarts).toEqual([]);
  });
});
