import { type Message } from '../../protocol/wire/header.ts';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { RoundHandle, RoundListener, SeatHub } from '../../coordinator/rounds/seat-hub.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { encodeAbort, decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { partsOf } from '../../protocol/wire/messages/part.ts';
import { closeGateways, gatewayMembership, openGateway, TestPlace } from './support/gateway.ts';
import { until } from './support/until.ts';

const identity = (member: number) => gatewayMembership.identities.get(memberId(member))!;
const one = memberId(1);
const CONTEXT = new Uint8Array(32).fill(9);

const someMessage = (length = 0): Uint8Array =>
  encodeAbort({ suite: 1, context: CONTEXT }, { code: 'internal', message: 'x'.repeat(length) });

/** Judges as a round would, on another thread: it takes messages of even length, and echoes their last byte. */
const ROUND = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ id, bytes }) => {
    parentPort.postMessage({ id, code: bytes.length % 2 === 0 ? undefined : 'message-duplicate', last: bytes.at(-1) });
  });
`;

interface Answer {
  readonly id: number;
  readonly code: 'message-duplicate' | undefined;
  readonly last: number;
}

/** The near end of a round that runs on another thread: it sends on what members say, and what the round answers. */
class DistantRound implements RoundListener {
  readonly handle: RoundHandle = { context: CONTEXT, largest: 10_000_000 };
  readonly lasts: number[] = [];
  readonly left: string[] = [];
  readonly #worker = new Worker(ROUND, { eval: true });
  readonly #waiting = new Map<number, (error: CairnError | undefined) => void>();

  constructor() {
    this.#worker.on('message', ({ id, code, last }: Answer) => {
      this.lasts.push(last);
      this.#waiting.get(id)!(code && new CairnError(code, 'odd'));
    });
  }

  seat(hub: SeatHub, members: readonly MemberId[]): () => void {
    const stop = hub.onMessage(this.handle, this);
    hub.assign(members, this.handle);
    return stop;
  }

  refusal(): undefined {
    return undefined;
  }

  message(_member: MemberId, { bytes }: Message): Promise<CairnError | undefined> {
    const id = this.#waiting.size;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      // Copies them before it returns, as a round must that judges later.
      this.#worker.postMessage({ id, bytes });
    });
  }

  leave(member: MemberId, reason: string): void {
    this.left.push(`${member} ${reason}`);
  }

  timeLeft(): number {
    return 60_000;
  }

  sent(): void {
    // Nothing is counted here.
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const rounds: DistantRound[] = [];
const distantRound = (): DistantRound => {
  const round = new DistantRound();
  rounds.push(round);
  return round;
};

afterEach(async () => {
  await closeGateways();
  for (const round of rounds.splice(0)) await round.close();
});

describe('a round on another thread', () => {
  it('takes and refuses messages as one on this thread does', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    distantRound().seat(hall.seats, [one]);
    const even = someMessage().length % 2 === 0 ? 0 : 1;
    expect(await peer.send(someMessage(even))).toBeUndefined();
    expect(await peer.send(someMessage(even + 1))).toBe('message-duplicate');
    expect(hall.refused).toEqual(['message message-duplicate']);
  });

  it('has a member answer again after a lost connection, unless its answer was taken', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    distantRound().seat(hall.seats, [one]);
    const even = someMessage().length % 2 === 0 ? 0 : 1;
    for (const length of [2, 3]) {
      hall.seats.send(one, () => someMessage(length));
      await peer.next('abort');
      await peer.send(someMessage(length === 2 ? even : even + 1));
    }
    peer.cut();
    await until(() => hall.seats.connected === 0);
    const back = hall.peer();
    await back.greetAs(1, identity(1));
    expect(decodeAbort(await back.next('abort')).message).toHaveLength(3);
  });

  it('reads long messages as they were sent, though their memory serves the next one meanwhile', async () => {
    const hall = await openGateway({ uploads: 1 });
    const peers = [hall.peer(), hall.peer()];
    for (const [i, peer] of peers.entries()) await peer.greetAs(i + 1, identity(i + 1));
    const round = distantRound();
    round.seat(hall.seats, [one, memberId(2)]);
    const messages = [1, 2].map((value) => {
      const bytes = new Uint8Array(600_000).fill(value);
      bytes.set(someMessage().subarray(0, 40));
      return bytes;
    });
    await Promise.all(
      peers.map(async (peer, i) => {
        for (const part of partsOf(messages[i]!, new Uint8Array(16).fill(i)))
          expect(await peer.send(part)).toBeUndefined();
      }),
    );
    expect(round.lasts.sort()).toEqual([1, 2]);
  });

  it('is told that a member left, and hears no more once its members are released', async () => {
    const hall = await openGateway({ graceMs: 1 });
    const peers = [hall.peer(), hall.peer()];
    for (const [i, peer] of peers.entries()) await peer.greetAs(i + 1, identity(i + 1));
    const round = distantRound();
    const stop = round.seat(hall.seats, [one, memberId(2)]);
    peers[1]!.cut();
    await until(() => round.left.length > 0);
    expect(round.left).toEqual(['2 member-left']);
    hall.seats.release([one], round.handle);
    stop();
    expect(await peers[0]!.send(someMessage())).toBe('member-unknown');
    expect(() => hall.seats.assign([one], round.handle)).toThrow('does not listen');
  });

  it('reports a message on which it failed as refused', async () => {
    const hall = await openGateway();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.message = () => Promise.reject(new CairnError('session-closed', 'its process is gone'));
    place.seat(hall.seats, [one]);
    expect(await peer.send(someMessage())).toBe('session-closed');
  });
});
