import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Channel } from '../../../inference/drivers/channel.ts';
import { accept, type Acceptor, dial } from '../../../inference/drivers/node.ts';
import { runParty } from '../../../inference/drivers/run.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { exchange, type Party, receive, send } from '../../../protocol/mpc/turn.ts';

let server: Server;
let acceptor: Acceptor;
let url: string;
let accepted: Promise<Channel>;
/** Ends the session on the server's side. */
let finish: () => void;

beforeEach(async () => {
  server = createServer();
  const done = new Promise<void>((resolve) => (finish = resolve));
  accepted = new Promise((resolve) => {
    const onChannel = async (channel: Channel): Promise<void> => {
      resolve(channel);
      await done;
    };
    acceptor = accept(server, [{ path: '/ask', maxSessions: 1, onChannel }]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  finish();
  acceptor.close();
  server.close();
});

const permutation = (_: Uint8Array, blocks: Uint8Array): Uint8Array => blocks;
const options = { permutation, timeoutMs: 60_000 };
const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
  throw new Error('nothing was thrown');
};

/** Both ends of a session. */
async function ends(): Promise<[Channel, Channel]> {
  const here = await dial(`${url}/ask`, 60_000);
  return [here, await accepted];
}

describe('a channel', () => {
  it('carries the messages of two parties, long ones in pieces, also when both speak first', async () => {
    const [here, there] = await ends();
    const long = Uint8Array.from({ length: 5_000_001 }, (_, i) => (i * 7919) >> 5);
    function* one(): Party<Uint8Array> {
      yield* send(long);
      return yield* exchange(Uint8Array.of(1, 2, 3), long.length);
    }
    function* two(): Party<Uint8Array> {
      const got = yield* receive(long.length);
      yield* exchange(got, 3);
      return got;
    }
    const [first, second] = await Promise.all([runParty(one(), here, options), runParty(two(), there, options)]);
    expect(Buffer.compare(first, long)).toBe(0);
    expect(Buffer.compare(second, long)).toBe(0);
    expect(here.traffic).toEqual({ sentBytes: long.length + 3, receivedBytes: long.length, turns: 1 });
  });

  it('carries texts between computations', async () => {
    const [here, there] = await ends();
    here.sendText('{"kind":"begin"}');
    expect(await there.receiveText()).toBe('{"kind":"begin"}');
  });

  it('takes no message that is longer than the one waited for', async () => {
    const [here, there] = await ends();
    here.send(new Uint8Array(5));
    expect(await codeOf(there.receive(4))).toBe('wire-bounds');
    expect(await codeOf(here.receive(1))).toBe('wire-bounds');
  });

  it('takes no text where bytes are due, and no bytes where a text is', async () => {
    const [here, there] = await ends();
    here.sendText('x');
    expect(await codeOf(there.receive(1))).toBe('wire-type');
    const [again] = [here];
    expect(await codeOf(again.receiveText())).toBe('wire-type');
  });

  it('gives what had arrived before the other side left, and then says that it has left', async () => {
    const [here, there] = await ends();
    here.send(Uint8Array.of(1));
    here.close();
    expect(await there.receive(1)).toEqual(Uint8Array.of(1));
    expect(await codeOf(there.receive(1))).toBe('session-closed');
  });

  it('tells a lost connection from one that was ended', async () => {
    const socket = new WebSocket(`${url}/ask`);
    await new Promise((resolve) => socket.once('open', resolve));
    const there = await accepted;
    socket.terminate();
    expect(await codeOf(there.receive(1))).toBe('inference-ended');
  });

  it('tells the other side the code of an error and nothing else', async () => {
    const [here, there] = await ends();
    function* fails(): Party<void> {
      yield* send(Uint8Array.of(1));
      throw new CairnError('queries-used-up', 'of file /home/someone/secret');
    }
    expect(await codeOf(runParty(fails(), here, options))).toBe('queries-used-up');
    await there.receive(1);
    const error = await there.receive(1).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'queries-used-up' });
    expect(String(error)).not.toContain('someone');
  });

  it('lets a party wipe what it holds when the session ends', async () => {
    const [here, there] = await ends();
    let wiped = false;
    function* waits(): Party<void> {
      try {
        yield* receive(1);
      } finally {
        wiped = true;
      }
    }
    const run = codeOf(runParty(waits(), there, options));
    here.close();
    expect(await run).toBe('session-closed');
    expect(wiped).toBe(true);
  });

  it('does not wait for ever', async () => {
    const [, there] = await ends();
    expect(await codeOf(runParty(receive(1), there, { permutation, timeoutMs: 20 }))).toBe('peer-silent');
  });

  it('stops reading while nobody takes what arrives, and goes on afterwards', async () => {
    const [here, there] = await ends();
    const length = 1 << 20;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 64; sent++) {
        here.send(new Uint8Array(length).fill(sent));
        await here.drained();
      }
    })();
    // All that may wait in buffers on the way is far less than what there is to send.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBeLessThan(64);
    for (let i = 0; i < 64; i++) expect((await there.receive(length))[0]).toBe(i);
    await sending;
  });
});

describe('a party whose other side does not read', () => {
  it('gives up, also if all that it has to do is send', async () => {
    const [here] = await ends();
    function* sending(): Party<void> {
      for (let i = 0; i < 64; i++) yield* send(new Uint8Array(1 << 20));
    }
    expect(await codeOf(runParty(sending(), here, { permutation, timeoutMs: 300 }))).toBe('peer-silent');
  });
});

describe('many small messages that nobody takes', () => {
  it.each([0, 1])('of %i bytes stop the reading before they fill the memory', (length) => {
    let take: (event: { data: unknown }) => void = () => undefined;
    let paused = false;
    const socket = {
      ...{ binaryType: '', bufferedAmount: 0, send: () => undefined, close: () => undefined },
      addEventListener(kind: string, listener: (event: never) => void) {
        if (kind === 'message') take = listener as typeof take;
      },
      pause: () => (paused = true),
    };
    new Channel(socket);
    let arrived = 0;
    for (; arrived < 200_000 && !paused; arrived++) take({ data: new ArrayBuffer(length) });
    expect(arrived).toBeLessThan(100_000);
  });
});

describe('a server of channels', () => {
  it('refuses more sessions than it allows, and other paths', async () => {
    await ends();
    const busy = await dial(`${url}/ask`, 60_000).catch((thrown: unknown) => thrown);
    expect(busy).toMatchObject({ code: 'peer-unreachable' });
    expect((busy as CairnError).hint).toContain('later');
    expect(await codeOf(dial(`${url}/other`, 60_000))).toBe('peer-unreachable');
  });

  it('is unreachable once it is closed', async () => {
    acceptor.close();
    await new Promise((resolve) => server.close(resolve));
    expect(await codeOf(dial(`${url}/ask`, 60_000))).toBe('peer-unreachable');
  });

  it('ends a channel whose peer sends what is no message of ours', async () => {
    const socket = new WebSocket(`${url}/ask`);
    await new Promise((resolve) => socket.once('open', resolve));
    const there = new Channel(socket);
    const mine = await accepted;
    there.sendText('x'.repeat(100));
    expect(await codeOf(mine.receiveText(99))).toBe('wire-bounds');
  });
});
