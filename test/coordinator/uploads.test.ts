import { afterEach, describe, expect, it, vi } from 'vitest';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { startMessage } from '../../protocol/wire/header.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodePart, type Part, PART_LENGTH, partsOf } from '../../protocol/wire/messages/part.ts';
import { closeGateways, type GatewayHall, gatewayMembership, openGateway, TestPlace } from './support/gateway.ts';
import type { Peer } from './support/peer.ts';
import { until } from './support/until.ts';

const HEADER = { suite: 1, context: new Uint8Array(32).fill(9) } as const;
const FIRST_LENGTH = 35;
const ID = new Uint8Array(16).fill(5);
/** Of another message. */
const OTHER_ID = new Uint8Array(16).fill(6);

afterEach(closeGateways);

/** A message of so many bytes, no two stretches of which are alike. */
function longMessage(length: number, seed = 1): Uint8Array {
  const bytes = startMessage('maskedInput', HEADER, length)
    .raw(new Uint8Array(length - FIRST_LENGTH))
    .finish();
  for (let i = FIRST_LENGTH; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
  return bytes;
}

/** Four parts: the first, two full ones and a short one. */
const LONG = longMessage(FIRST_LENGTH + 2 * PART_LENGTH + 1000);
const PARTS = [...partsOf(LONG, ID)];

/** The part of {@link LONG} at an offset, with other fields where a test says so. */
const part = (offset: number, change: Partial<Part> = {}): Uint8Array => {
  const total = change.total ?? LONG.length;
  const length = offset === 0 ? FIRST_LENGTH : Math.min(PART_LENGTH, total - offset);
  return encodePart({ ...HEADER, id: ID, total, offset, bytes: LONG.slice(offset, offset + length), ...change });
};

interface Stage {
  readonly hall: GatewayHall;
  readonly place: TestPlace;
  readonly peers: readonly Peer[];
}

/** Members 1 … n, seated in one round. */
async function stage(members: number, change: Parameters<typeof openGateway>[0] = {}): Promise<Stage> {
  const hall = await openGateway(change);
  const peers: Peer[] = [];
  for (let member = 1; member <= members; member++) {
    const peer = hall.peer();
    await peer.greetAs(member, gatewayMembership.identities.get(memberId(member))!);
    peers.push(peer);
  }
  const place = new TestPlace();
  place.seat(
    hall.seats,
    peers.map((_, i) => memberId(i + 1)),
  );
  return { hall, place, peers };
}

/** Sends parts one after another. @returns their answers */
async function sendAll(peer: Peer, parts: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  const answers: (string | undefined)[] = [];
  for (const bytes of parts) answers.push(await peer.send(bytes));
  return answers;
}

/** What becomes of a part that may have to wait. */
function watched(sent: Promise<string | undefined>): { answer: string | undefined } {
  const seen: { answer: string | undefined } = { answer: 'none yet' };
  void sent.then(
    (answer) => (seen.answer = answer),
    () => undefined,
  );
  return seen;
}

/** Lets everything that is on its way between a peer and the gateway arrive. */
const settled = (peer: Peer): Promise<unknown> => peer.send(Uint8Array.of(0));

describe('a long message', () => {
  it.each([
    ['one byte more than travels whole', PART_LENGTH + 1, 2],
    ['two parts, the second full', FIRST_LENGTH + PART_LENGTH, 2],
    ['one byte more', FIRST_LENGTH + PART_LENGTH + 1, 3],
    ['one byte less than three full parts', FIRST_LENGTH + 3 * PART_LENGTH - 1, 4],
    ['three full parts', FIRST_LENGTH + 3 * PART_LENGTH, 4],
    ['several', 1_234_567, 6],
  ])('of %s reaches its round whole, once', async (_, length, count) => {
    const { place, peers } = await stage(1);
    const message = longMessage(length);
    const parts = [...partsOf(message, ID)];
    expect(parts).toHaveLength(count);
    expect(await sendAll(peers[0]!, parts.slice(0, -1))).toEqual(Array.from({ length: count - 1 }, () => undefined));
    expect(place.heard).toEqual([]);
    expect(await peers[0]!.send(parts.at(-1))).toBeUndefined();
    expect(place.heard).toEqual([`1: Uint8Array ${length}`]);
    expect(Buffer.compare(place.messages[0]!, message)).toBe(0);
  });

  it.each([PART_LENGTH - 1, PART_LENGTH])('of %i bytes still travels whole', async (length) => {
    const { place, peers } = await stage(1);
    const parts = [...partsOf(longMessage(length), ID)];
    expect(parts).toHaveLength(1);
    expect(await sendAll(peers[0]!, parts)).toEqual([undefined]);
    expect(place.heard).toEqual([`1: Uint8Array ${length}`]);
  });

  it('may have several parts in flight', async () => {
    const { place, peers } = await stage(1);
    await peers[0]!.send(PARTS[0]);
    await Promise.all(PARTS.slice(1).map((bytes) => peers[0]!.send(bytes)));
    expect(Buffer.compare(place.messages[0]!, LONG)).toBe(0);
  });

  it('that the round refuses is answered so with its last part, and the next one is heard', async () => {
    const { hall, place, peers } = await stage(1, { uploads: 1 });
    place.refused = new CairnError('wire-bounds', 'not like this');
    expect(await sendAll(peers[0]!, PARTS)).toEqual([undefined, undefined, undefined, 'wire-bounds']);
    expect(hall.refused).toEqual(['message wire-bounds']);
    place.refused = undefined;
    expect(await sendAll(peers[0]!, PARTS)).toEqual([undefined, undefined, undefined, undefined]);
    expect(place.heard).toHaveLength(2);
  });

  it('answers what the member was sent, as a short one does', async () => {
    const { hall, peers } = await stage(1);
    hall.seats.send(memberId(1), () => encodeAbort(HEADER, { code: 'internal', message: 'a question' }));
    await sendAll(peers[0]!, PARTS);
    peers[0]!.cut();
    await until(() => hall.told.includes('away 1'));
    const again = hall.peer();
    await again.greetAs(1, gatewayMembership.identities.get(memberId(1))!);
    await settled(again);
    expect(again.received).toHaveLength(2);
  });
});

describe('a part is refused, and nothing of its upload is kept,', () => {
  const [, secondAt, thirdAt] = [0, FIRST_LENGTH, FIRST_LENGTH + PART_LENGTH];

  it.each<[string, readonly Uint8Array[], string]>([
    ['that continues nothing', [part(secondAt)], 'upload-interrupted'],
    ['that leaves one out', [part(0), part(thirdAt)], 'wire-bounds'],
    ['that comes twice', [part(0), part(secondAt), part(secondAt)], 'wire-bounds'],
    ['of another total', [part(0), part(secondAt, { total: LONG.length + 1 })], 'wire-bounds'],
    ['in another context', [part(0), part(secondAt, { context: new Uint8Array(32).fill(8) })], 'session-mismatch'],
    ['of another message', [part(0), part(secondAt, { id: OTHER_ID })], 'wire-bounds'],
    ['in another suite', [part(0), part(secondAt, { suite: 2 })], 'session-mismatch'],
    ['of a message longer than any of the round', [part(0, { total: 10_000_001 })], 'wire-bounds'],
    [
      'that begins another message than its own header says',
      [part(0, { context: new Uint8Array(32) })],
      'wire-not-canonical',
    ],
    ['that is cut', [part(0).subarray(0, 60)], 'wire-truncated'],
    ['that is too long', [part(0), Uint8Array.of(...part(LONG.length - 1000), 0)], 'wire-trailing'],
  ])('%s', async (_, parts, code) => {
    const { hall, place, peers } = await stage(2, { uploads: 1 });
    expect((await sendAll(peers[0]!, parts)).at(-1)).toBe(code);
    expect(hall.refused).toEqual([`message ${code}`]);
    expect(peers[0]!.socket.connected).toBe(true);
    expect(place.heard).toEqual([]);
    if (code === 'wire-trailing') return; // cannot be read, hence ends nothing
    expect(await sendAll(peers[0]!, [part(secondAt)])).toEqual(['upload-interrupted']);
    expect(await sendAll(peers[1]!, PARTS)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await sendAll(peers[0]!, PARTS)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('from a member that is in no round', async () => {
    const { hall, place, peers } = await stage(1);
    hall.seats.release([memberId(1)], place);
    const raw = (await peers[0]!.socket.emitWithAck('cairn', PARTS[0])) as Uint8Array;
    const abort = decodeAbort(Uint8Array.from(raw));
    expect(abort.code).toBe('member-unknown');
    expect([...abort.context]).toEqual([...HEADER.context]);
  });

  it('that the round does not take now, at whichever part that shows', async () => {
    const { place, peers } = await stage(1, { uploads: 1 });
    for (let taken = 0; taken < PARTS.length; taken++) {
      place.forbidden = undefined;
      await sendAll(peers[0]!, PARTS.slice(0, taken));
      place.forbidden = new CairnError('wrong-state', 'too late');
      expect(await peers[0]!.send(PARTS[taken])).toBe('wrong-state');
    }
    expect(place.heard).toEqual([]);
  });

  it('that arrives before the first was answered, together with the first', async () => {
    const { peers } = await stage(2, { uploads: 1 });
    await peers[0]!.send(PARTS[0]);
    const first = peers[1]!.send(PARTS[0]);
    expect(await peers[1]!.send(PARTS[1])).toBe('wire-bounds');
    expect(await first).toBe('wire-bounds');
  });

  it('and allocates nothing before there is room', async () => {
    const { place, peers } = await stage(5, { uploads: 1 });
    place.largest = 500_000_000;
    const huge = part(0, { total: 400_000_000 });
    const before = process.memoryUsage().arrayBuffers;
    await peers[0]!.send(PARTS[0]);
    const waiting = peers.slice(1).map((peer) => watched(peer.send(huge)));
    await settled(peers[4]!);
    expect(waiting.map(({ answer }) => answer)).toEqual(['none yet', 'none yet', 'none yet', 'none yet']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });
});

describe('uploads', () => {
  it('are assembled a few at a time, in the order in which they came', async () => {
    const { place, peers } = await stage(6, { uploads: 2 });
    const sent: { answer: string | undefined }[] = [];
    for (const peer of peers) {
      sent.push(watched(peer.send(PARTS[0])));
      await settled(peer);
    }
    const answers = (): boolean[] => sent.map(({ answer }) => answer === undefined);
    expect(answers()).toEqual([true, true, false, false, false, false]);
    for (const [done, peer] of peers.entries()) {
      await sendAll(peer, PARTS.slice(1));
      await settled(peers[Math.min(done + 2, 5)]!);
      expect(answers()).toEqual(peers.map((_, i) => i <= done + 2));
    }
    expect(place.heard).toHaveLength(6);
  });

  it('use the memory of those before them, and spoil nothing by it', async () => {
    const { place, peers } = await stage(4, { uploads: 1 });
    const messages = peers.map((_, i) => longMessage(LONG.length, i));
    await sendAll(peers[0]!, [...partsOf(messages[0]!, ID)].slice(0, 2));
    const others = peers.slice(1).map((peer, i) => sendAll(peer, [...partsOf(messages[i + 1]!, ID)]));
    await settled(peers[3]!);
    peers[0]!.close();
    await Promise.all(others);
    expect(place.memory.size).toBe(1);
    for (const message of messages.slice(1)) {
      expect(place.messages.some((bytes) => Buffer.compare(bytes, message) === 0)).toBe(true);
    }
  });

  const ways: Record<string, (stage: Stage) => unknown> = {
    'is complete': ({ peers }) => sendAll(peers[0]!, PARTS.slice(1)),
    'is refused': ({ peers }) => peers[0]!.send(PARTS[2]),
    'is left by its member': ({ peers }) => peers[0]!.close(),
    'belongs to a round that ends': ({ hall, place }) => hall.seats.release([memberId(1)], place),
    'is begun again with another message': ({ peers }) => void watched(peers[0]!.send(part(0, { id: OTHER_ID }))),
    'is replaced by a newer connection with another message': async ({ hall }) => {
      const newer = hall.peer();
      await newer.greetAs(1, gatewayMembership.identities.get(memberId(1))!);
      void watched(newer.send(part(0, { id: OTHER_ID })));
    },
    'belongs to a round that no longer takes it': async ({ place, peers }) => {
      place.forbidden = new CairnError('wrong-state', 'too late');
      await peers[0]!.send(PARTS[1]);
    },
  };

  it.each(Object.keys(ways))('make room when one %s', async (way) => {
    const scene = await stage(2, { uploads: 1 });
    await scene.peers[0]!.send(PARTS[0]);
    const second = watched(scene.peers[1]!.send(PARTS[0]));
    await settled(scene.peers[1]!);
    expect(second.answer).toBe('none yet');
    await ways[way]!(scene);
    await until(() => second.answer !== 'none yet');
    const late = way === 'belongs to a round that no longer takes it';
    expect(second.answer).toBe(late ? 'wrong-state' : undefined);
    if (!late) {
      expect(await sendAll(scene.peers[1]!, PARTS.slice(1))).toEqual([undefined, undefined, undefined]);
      expect(scene.place.heard).toContain(`2: Uint8Array ${LONG.length}`);
    }
  });

  it('make room when one stalls, which has to begin again', async () => {
    const { place, peers } = await stage(2, { uploads: 1, uploadStallMs: 20 });
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    expect(await peers[1]!.send(PARTS[0])).toBeUndefined();
    expect(await peers[0]!.send(PARTS[2])).toBe('upload-interrupted');
    expect(place.heard).toEqual([]);
  });

  it('that wait are answered when their round ends', async () => {
    const { hall, place, peers } = await stage(2, { uploads: 1 });
    await peers[0]!.send(PARTS[0]);
    const second = peers[1]!.send(PARTS[0]);
    await settled(peers[1]!);
    hall.seats.release([memberId(2)], place);
    expect(await second).toBe('session-closed');
    expect(await sendAll(peers[0]!, PARTS.slice(1))).toEqual([undefined, undefined, undefined]);
  });

  it('whose connections break while they wait lose their place, and nobody else does', async () => {
    const { hall, peers } = await stage(3, { uploads: 1 });
    await peers[0]!.send(PARTS[0]);
    const waiting = peers.slice(1).map((peer) => watched(peer.send(PARTS[0])));
    await settled(peers[2]!);
    peers[1]!.cut();
    await until(() => hall.told.includes('away 2'));
    await sendAll(peers[0]!, PARTS.slice(1));
    await until(() => waiting[1]!.answer === undefined);
    expect(waiting[0]!.answer).toBe('none yet');
  });
});

describe('an upload that is interrupted', () => {
  const [thirdAt, fourthAt] = [1, 2].map((i) => FIRST_LENGTH + i * PART_LENGTH);

  /** Cuts a member's connection, and gives it another. */
  async function reconnected({ hall, peers }: Stage, member = 1): Promise<Peer> {
    peers[member - 1]!.cut();
    await until(() => hall.told.includes(`away ${member}`));
    const again = hall.peer();
    await again.greetAs(member, gatewayMembership.identities.get(memberId(member))!);
    return again;
  }

  it.each([
    [1, undefined],
    [2, `resume ${thirdAt}`],
    [3, `resume ${fourthAt}`],
  ])('after %i parts goes on from there over a new connection', async (parts, answer) => {
    const scene = await stage(1, { uploads: 1 });
    await sendAll(scene.peers[0]!, PARTS.slice(0, parts));
    const again = await reconnected(scene);
    expect(await again.send(PARTS[0])).toBe(answer);
    expect(await sendAll(again, PARTS.slice(parts))).toEqual(PARTS.slice(parts).map(() => undefined));
    expect(Buffer.compare(scene.place.messages[0]!, LONG)).toBe(0);
    expect(scene.place.heard).toHaveLength(1);
  });

  it('continues over the same connection, too, if its client got no answer', async () => {
    const { place, peers } = await stage(1);
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    expect(await sendAll(peers[0]!, [PARTS[0]!, PARTS[2]!, PARTS[0]!, PARTS[3]!])).toEqual([
      `resume ${thirdAt}`,
      undefined,
      `resume ${fourthAt}`,
      undefined,
    ]);
    expect(Buffer.compare(place.messages[0]!, LONG)).toBe(0);
  });

  it('continues over as many connections as it takes', async () => {
    const message = longMessage(FIRST_LENGTH + 8 * PART_LENGTH);
    const parts = [...partsOf(message, ID)];
    const scene = await stage(1, { uploads: 1 });
    let [peer] = scene.peers;
    for (const bytes of parts.slice(1)) {
      await sendAll(peer!, [parts[0]!, bytes]);
      scene.hall.told.length = 0;
      peer = await reconnected({ ...scene, peers: [peer!] });
    }
    expect(Buffer.compare(scene.place.messages[0]!, message)).toBe(0);
  });

  it('is not continued as another message, which the same identity sends from elsewhere', async () => {
    const other = longMessage(LONG.length, 77);
    for (const [id, mixed] of [
      [OTHER_ID, false],
      // Without the id the two would be one: who chooses it so is the only one to be hurt.
      [ID, true],
    ] as const) {
      const scene = await stage(1);
      await sendAll(scene.peers[0]!, PARTS.slice(0, 3));
      const again = await reconnected(scene);
      const parts = [...partsOf(other, id)];
      const answer = await again.send(parts[0]);
      expect(answer).toBe(mixed ? `resume ${fourthAt}` : undefined);
      await sendAll(again, parts.slice(mixed ? 3 : 1));
      expect(Buffer.compare(scene.place.messages[0]!, other) === 0).toBe(!mixed);
    }
  });

  const headerWith = (at: number, value: number): Uint8Array =>
    Uint8Array.from(LONG.slice(0, FIRST_LENGTH), (byte, i) => (i === at ? value : byte));

  it.each<[string, Partial<Part>]>([
    ['another length', { total: LONG.length - 1 }],
    ['another suite', { suite: 2, bytes: headerWith(1, 2) }],
    ['another type', { bytes: headerWith(2, 0x0a) }],
  ])('begins again with %s under the same id', async (_, change) => {
    const { peers } = await stage(1);
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    expect(await peers[0]!.send(part(0, change))).toBeUndefined();
  });

  it('is refused, and begins again, once its round no longer accepts it or has ended', async () => {
    const scene = await stage(1);
    await sendAll(scene.peers[0]!, PARTS.slice(0, 2));
    const again = await reconnected(scene);
    scene.place.forbidden = new CairnError('wrong-state', 'too late');
    expect(await again.send(PARTS[0])).toBe('wrong-state');
    scene.place.forbidden = undefined;
    expect(await sendAll(again, PARTS.slice(0, 2))).toEqual([undefined, undefined]);
    scene.hall.seats.release([memberId(1)], scene.place);
    scene.place.seat(scene.hall.seats, [memberId(1)]);
    expect(await again.send(PARTS[0])).toBeUndefined();
  });

  it('keeps its place for no longer than it may be silent', async () => {
    const { peers } = await stage(2, { uploads: 1, uploadStallMs: 50 });
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    peers[0]!.cut();
    expect(await peers[1]!.send(PARTS[0])).toBeUndefined();
  });

  it('keeps its place for no longer than its member has its seat', async () => {
    const { peers } = await stage(2, { uploads: 1, graceMs: 1 });
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    peers[0]!.cut();
    expect(await peers[1]!.send(PARTS[0])).toBeUndefined();
  });

  it('does not hold memory longer by reconnecting repeatedly without another part', async () => {
    const { peers } = await stage(2, { uploads: 1, uploadStallMs: 300 });
    await sendAll(peers[0]!, PARTS.slice(0, 2));
    const waiting = watched(peers[1]!.send(PARTS[0]));
    // Were it given more time for asking, this would never end.
    while (waiting.answer === 'none yet') {
      const answer = await Promise.race([peers[0]!.send(PARTS[0]), until(() => waiting.answer !== 'none yet')]);
      if (answer !== `resume ${thirdAt}`) break;
    }
    await until(() => waiting.answer === undefined);
  });

  it('leaves no timer behind when the gateway closes', async () => {
    const { hall, peers } = await stage(1);
    await peers[0]!.send(PARTS[0]);
    peers[0]!.cut();
    await until(() => hall.told.includes('away 1'));
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const before = cleared.mock.calls.length;
    await closeGateways();
    expect(cleared.mock.calls.length).toBeGreaterThan(before);
    cleared.mockRestore();
  });
});
