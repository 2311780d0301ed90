import { afterEach, describe, expect, it } from 'vitest';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodeChallenge, decodeWelcome, encodeChallenge, encodeHello } from '../../protocol/wire/messages/connect.ts';
import { PART_LENGTH } from '../../protocol/wire/messages/part.ts';
import type { DirectoryEntry, SignedDirectory } from '../../protocol/wire/directory.ts';
import { closeGateways, gatewayMembership, openGateway as open, TestPlace } from './support/gateway.ts';
import { memberHello, type Peer } from './support/peer.ts';
import { until } from './support/until.ts';

const identity = (member: number) => gatewayMembership.identities.get(memberId(member))!;
const [one, two] = [memberId(1), memberId(2)];

afterEach(closeGateways);

const someMessage = (length = 0): Uint8Array =>
  encodeAbort({ suite: 1, context: new Uint8Array(32).fill(9) }, { code: 'internal', message: 'x'.repeat(length) });

describe('a member', () => {
  it('with a right signature gets its seat', async () => {
    const hall = await open();
    const welcome = await hall.peer().greetAs(1, identity(1), ['mnist']);
    expect(welcome.member).toBe(1);
    expect(welcome.token).toHaveLength(0);
    expect(hall.seats.idle('mnist')).toEqual([one]);
    expect(hall.seats.idle('other')).toEqual([]);
    expect(hall.told).toEqual(['joined 1']);
  });

  const enrolledAs = (change: Partial<DirectoryEntry>): SignedDirectory => {
    const { directory } = gatewayMembership;
    const entries = new Map(directory.entries);
    entries.set(one, { ...entries.get(one)!, ...change });
    return { ...directory, notAfter: 100, entries };
  };

  it.each<[string, SignedDirectory, number, readonly string[], string]>([
    ['is not enrolled for the task', enrolledAs({ tasks: ['other'] }), 0, ['other', 'mnist'], 'identity-not-allowed'],
    ['is enrolled for no task here', enrolledAs({ tasks: ['elsewhere'] }), 0, [], 'identity-not-allowed'],
    ['was enrolled until a second ago', enrolledAs({ notAfter: 49 }), 50, [], 'identity-expired'],
    ['comes after the directory has expired', enrolledAs({}), 101, [], 'directory-expired'],
  ])('that %s is told so and gets no seat', async (_, directory, now, tasks, code) => {
    const hall = await open({ directory, clock: () => now });
    const peer = hall.peer();
    expect(await peer.send(await peer.hello(memberHello(1, identity(1), tasks)))).toBe(code);
    await peer.ended;
    expect(hall.seats.size).toBe(0);
  });

  it('is available for the tasks that it is enrolled for, while it is enrolled', async () => {
    let now = 50;
    const hall = await open({ directory: enrolledAs({ tasks: ['other'], notAfter: 60 }), clock: () => now });
    await hall.peer().greetAs(1, identity(1));
    expect([hall.seats.idle('mnist'), hall.seats.idle('other')]).toEqual([[], [one]]);
    now = 61;
    expect(hall.seats.idle('other')).toEqual([]);
  });

  it('that names no task is available for all', async () => {
    const hall = await open();
    await hall.peer().greetAs(2, identity(2));
    expect(hall.seats.idle('other')).toEqual([two]);
  });

  it.each<[string, (peer: Peer) => Promise<Uint8Array>, string]>([
    ['signs with another identity', (peer) => peer.hello(memberHello(1, identity(2))), 'identity-signature'],
    [
      'signs for other tasks than it names',
      (peer) => peer.hello((...said) => ({ ...memberHello(1, identity(1), ['mnist'])(...said), tasks: ['other'] })),
      'identity-signature',
    ],
    [
      'signs another challenge',
      (peer) => peer.hello((_, address) => memberHello(1, identity(1))(new Uint8Array(32), address)),
      'identity-signature',
    ],
    [
      'names an address that it has not signed',
      (peer) =>
        peer.hello((challenge, address) => {
          const { who, tasks } = memberHello(1, identity(1))(challenge, 'http://evil.example/');
          return { who: { ...who, address }, tasks };
        }),
      'identity-signature',
    ],
    [
      'has signed in at somebody who passes its answer on',
      (peer) => peer.hello((challenge) => memberHello(1, identity(1))(challenge, 'http://evil.example/')),
      'coordinator-address',
    ],
    [
      'has signed in below another path',
      (peer) => peer.hello((challenge, address) => memberHello(1, identity(1))(challenge, `${address}cairn/`)),
      'coordinator-address',
    ],
    ['is not in the directory', (peer) => peer.hello(memberHello(99, identity(1))), 'identity-unknown'],
    ['names an unknown task', (peer) => peer.hello(memberHello(1, identity(1), ['mnits'])), 'task-unknown'],
    [
      'comes as a guest where a task is active',
      (peer) => peer.hello(() => ({ who: { kind: 'guest', name: 'x', token: new Uint8Array() }, tasks: [] })),
      'identity-unknown',
    ],
    [
      'speaks another version',
      async (peer) => {
        const bytes = await peer.hello(memberHello(1, identity(1)));
        bytes[0] = 99;
        return bytes;
      },
      'wire-version',
    ],
    [
      'answers in another suite than the challenge’s',
      async (peer) => {
        const bytes = await peer.hello(memberHello(1, identity(1)));
        bytes[1] = 2;
        return bytes;
      },
      'wire-suite',
    ],
    [
      'uses an unknown suite',
      async (peer) => {
        const bytes = await peer.hello(memberHello(1, identity(1)));
        bytes[1] = 77;
        return bytes;
      },
      'wire-suite',
    ],
    [
      'answers another connection’s challenge',
      async (peer) => {
        const bytes = await peer.hello(memberHello(1, identity(1)));
        bytes[5]! ^= 1;
        return bytes;
      },
      'session-mismatch',
    ],
    ['sends another message first', (peer) => peer.next('challenge').then(() => someMessage()), 'wire-type'],
    ['sends garbage', () => Promise.resolve(Uint8Array.of(1, 1, 0xee, 4)), 'wire-type'],
    ['sends nothing', () => Promise.resolve(new Uint8Array()), 'wire-truncated'],
  ])('that %s is told why and disconnected', async (_, make, code) => {
    const hall = await open();
    const peer = hall.peer();
    const bytes = await make(peer);
    expect(await peer.send(bytes)).toBe(code);
    expect(decodeAbort(await peer.next('abort')).code).toBe(code);
    expect(await peer.ended).toBe('io server disconnect');
    expect(hall.told).toEqual([]);
    expect(hall.seats.size).toBe(0);
    expect(hall.refused).toEqual([`connection ${code}`]);
  });

  it.each<[string, unknown[]]>([
    ['a string', ['hello']],
    ['a number', [7]],
    ['an object', [{ bytes: 1 }]],
    ['no payload', []],
    ['two payloads', [someMessage(), someMessage()]],
  ])('that sends %s is disconnected, and the gateway stands', async (_, payload) => {
    const hall = await open();
    const peer = hall.peer();
    await peer.next('challenge');
    expect(await peer.send(...payload)).toBe('wire-type');
    await peer.ended;
    expect((await hall.peer().greetAs(1, identity(1))).member).toBe(1);
  });

  it.each(['Cairn', 'error', 'message'])('that sends an event named “%s” is told so and disconnected', async (name) => {
    const hall = await open();
    const peer = hall.peer();
    const hello = await peer.hello(memberHello(1, identity(1)));
    const refusal = (await peer.socket.emitWithAck(name, hello)) as Uint8Array;
    expect(decodeAbort(Uint8Array.from(refusal)).code).toBe('wire-type');
    await peer.ended;
    expect(hall.seats.size).toBe(0);
  });

  it('that sends nothing is disconnected after a while', async () => {
    const hall = await open({ helloTimeoutMs: 20 });
    const peer = hall.peer();
    expect(decodeAbort(await peer.next('abort'))).toMatchObject({
      code: 'deadline-missed',
      message: 'no Hello came within 20 ms',
    });
    await peer.ended;
  });

  it('that sends more than a part holds is cut off', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    peer.socket.emit('cairn', new Uint8Array(PART_LENGTH + 5000));
    await peer.ended;
    await until(() => hall.told.includes('away 1'));
  });

  it('gets a separate challenge on every connection', async () => {
    const hall = await open();
    const challenges = await Promise.all([hall.peer(), hall.peer()].map((peer) => peer.next('challenge')));
    expect(decodeChallenge(challenges[0]!).context).not.toEqual(decodeChallenge(challenges[1]!).context);
  });
});

describe('a seated member’s messages', () => {
  it('go to its round as plain bytes, and are acknowledged with nothing', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    expect(hall.seats.idle('mnist')).toEqual([]);
    const bytes = someMessage(5);
    expect(await peer.send(bytes)).toBeUndefined();
    expect(place.heard).toEqual([`1: Uint8Array ${bytes.length}`]);
  });

  it('that the round refuses are answered with the code, in the round’s context', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.refused = new CairnError('wrong-state', 'not now');
    place.seat(hall.seats, [one]);
    const raw = (await peer.socket.emitWithAck('cairn', someMessage())) as Uint8Array;
    const abort = decodeAbort(Uint8Array.from(raw));
    expect(abort).toMatchObject({ code: 'wrong-state', message: 'not now' });
    expect([...abort.context]).toEqual([...place.context]);
    expect(hall.refused).toEqual(['message wrong-state']);
    expect(peer.socket.connected).toBe(true);
  });

  it('outside of a round are refused in their own context', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const raw = (await peer.socket.emitWithAck('cairn', someMessage())) as Uint8Array;
    const abort = decodeAbort(Uint8Array.from(raw));
    expect(abort.code).toBe('member-unknown');
    expect([...abort.context]).toEqual([...new Uint8Array(32).fill(9)]);
  });

  it('in an event of another name are refused, and do not reach the round', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    const refusal = (await peer.socket.emitWithAck('cairn2', someMessage())) as Uint8Array;
    expect(decodeAbort(Uint8Array.from(refusal)).code).toBe('wire-type');
    expect(place.heard).toEqual([]);
    expect(await peer.send(someMessage())).toBeUndefined();
    expect(place.heard).toHaveLength(1);
  });

  it('travel whole up to the length of a part, and in parts above it', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    const message = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      bytes.set(someMessage().subarray(0, 35));
      return bytes;
    };
    expect(await peer.send(message(PART_LENGTH + 1))).toBe('wire-bounds');
    expect(place.heard).toEqual([]);
    expect(await peer.send(message(PART_LENGTH))).toBeUndefined();
    expect(place.heard).toEqual([`1: Uint8Array ${PART_LENGTH}`]);
  });

  it('that are not bytes do not end the connection', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    expect(await peer.send('text')).toBe('wire-type');
    expect(await peer.send(Uint8Array.of(1))).toBe('wire-truncated');
    expect(await peer.send(encodeChallenge({ suite: 1, context: new Uint8Array(32) }))).toBe('member-unknown');
    expect(peer.socket.connected).toBe(true);
    expect(hall.seats.connected).toBe(1);
  });
});

describe('when a connection ends', () => {
  it('a member that leaves is gone at once', async () => {
    const hall = await open();
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    peer.close();
    await until(() => hall.told.includes('left 1'));
    expect(place.heard).toEqual(['1 leaves: member-left']);
    expect(hall.told).toEqual(['joined 1', 'left 1']);
  });

  it('a member that is cut off leaves its round when the grace is over', async () => {
    const hall = await open({ graceMs: 20 });
    const peer = hall.peer();
    await peer.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    peer.cut();
    await until(() => hall.told.includes('left 1'));
    expect(hall.told).toEqual(['joined 1', 'away 1', 'left 1']);
    expect(place.heard).toEqual(['1 leaves: member-left']);
    expect(hall.seats.size).toBe(0);
  });

  it('a member that comes back keeps its place, and gets what it has not answered', async () => {
    const hall = await open();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    hall.seats.send(one, () => someMessage(1));
    await first.next('abort');
    await first.send(someMessage(10)); // the answer to message 1
    hall.seats.send(one, () => someMessage(2));
    await first.next('abort');
    first.cut();
    await until(() => hall.told.includes('away 1'));
    hall.seats.send(one, () => someMessage(3));

    const second = hall.peer();
    await second.greetAs(1, identity(1));
    expect(decodeAbort(await second.next('abort')).message).toHaveLength(2);
    expect(decodeAbort(await second.next('abort')).message).toHaveLength(3);
    await second.send(someMessage(20));
    expect(place.heard).toHaveLength(2);
    expect(second.received.map((bytes) => bytes[2])).toEqual([0x20, 0x22, 0x0c, 0x0c]); // welcome before the rest
    expect(hall.told).toEqual(['joined 1', 'away 1', 'back 1']);
  });

  it('a member that was cut off at the end of its round gets the last message of it, and only until the next', async () => {
    const hall = await open();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    first.cut();
    await until(() => hall.told.includes('away 1'));
    hall.seats.send(one, () => someMessage(1));
    hall.seats.send(one, () => someMessage(2));
    hall.seats.release([one], place);

    const second = hall.peer();
    await second.greetAs(1, identity(1));
    expect(decodeAbort(await second.next('abort')).message).toHaveLength(2);
    expect(second.received).toHaveLength(3); // challenge, welcome, and that message alone
    second.cut();
    await until(() => hall.seats.connected === 0);
    new TestPlace().seat(hall.seats, [one]);
    hall.seats.send(one, () => someMessage(3));
    const third = hall.peer();
    await third.greetAs(1, identity(1));
    expect(decodeAbort(await third.next('abort')).message).toHaveLength(3);
  });

  it('makes a message when it goes out, and again when it is sent again; the round is told of each', async () => {
    const hall = await open();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    first.cut();
    await until(() => hall.seats.connected === 0);
    const lengths: number[] = [];
    hall.seats.send(one, () => {
      const bytes = someMessage(4);
      lengths.push(bytes.length);
      return bytes;
    });
    expect(lengths).toEqual([]);
    for (const times of [1, 2]) {
      const again = hall.peer();
      await again.greetAs(1, identity(1));
      expect(decodeAbort(await again.next('abort')).message).toHaveLength(4);
      expect(lengths).toHaveLength(times);
      expect(place.bytesDown).toBe(times * lengths[0]!);
      again.cut();
      await until(() => hall.seats.connected === 0);
    }
  });

  it('a member that is out gets that alone when it is back', async () => {
    const hall = await open();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    new TestPlace().seat(hall.seats, [one]);
    first.cut();
    await until(() => hall.seats.connected === 0);
    hall.seats.send(one, () => {
      throw new Error('this message is not wanted any more');
    });
    hall.seats.send(one, () => someMessage(5), { last: true });
    const second = hall.peer();
    await second.greetAs(1, identity(1));
    expect(decodeAbort(await second.next('abort')).message).toHaveLength(5);
    expect(second.received).toHaveLength(3); // challenge, welcome, and that message alone
  });

  it('the end of a round takes nothing from the round that a member has joined since', async () => {
    const hall = await open();
    const before = new TestPlace();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    before.seat(hall.seats, [one]);
    first.close();
    await until(() => hall.seats.size === 0);

    const since = new TestPlace();
    const second = hall.peer();
    await second.greetAs(1, identity(1));
    since.seat(hall.seats, [one]);
    hall.seats.send(one, () => someMessage(1), { from: since });
    hall.seats.send(one, () => someMessage(2), { from: before, last: true });
    second.cut();
    await until(() => hall.seats.connected === 0);

    const third = hall.peer();
    await third.greetAs(1, identity(1));
    expect(decodeAbort(await third.next('abort')).message).toHaveLength(1);
    expect(decodeAbort(await third.next('abort')).message).toHaveLength(2);
  });

  it('an answer that is refused answers nothing', async () => {
    const hall = await open();
    const first = hall.peer();
    await first.greetAs(1, identity(1));
    const place = new TestPlace();
    place.refused = new CairnError('message-duplicate', 'again');
    place.seat(hall.seats, [one]);
    hall.seats.send(one, () => someMessage(1));
    await first.next('abort');
    await first.send(someMessage());
    first.cut();
    const second = hall.peer();
    await second.greetAs(1, identity(1));
    expect(decodeAbort(await second.next('abort')).message).toHaveLength(1);
  });

  it('a newer connection of the same identity replaces the older one, in its round too', async () => {
    const hall = await open();
    const older = hall.peer();
    await older.greetAs(1, identity(1));
    const place = new TestPlace();
    place.seat(hall.seats, [one]);
    const newer = hall.peer();
    await newer.greetAs(1, identity(1));
    expect(decodeAbort(await older.next('abort')).code).toBe('refused');
    await older.ended;
    expect(await newer.send(someMessage())).toBeUndefined();
    expect(hall.seats.connected).toBe(1);
    expect(hall.told).toEqual(['joined 1', 'back 1']);
    expect(place.heard).toHaveLength(1);
  });
});

describe('a guest', () => {
  const curious = { open: ['mnist', 'other'], directory: undefined };

  it('gets an id and a token, and takes its seat again with it', async () => {
    const hall = await open(curious);
    const [first, second] = [hall.peer(), hall.peer()];
    const [welcome, other] = [await first.greetAsGuest(), await second.greetAsGuest()];
    expect(welcome.member).not.toBe(other.member);
    expect(welcome.token).toHaveLength(16);
    expect(welcome.token).not.toEqual(other.token);
    first.cut();
    await until(() => hall.told.some((what) => what.startsWith('away')));
    const again = await hall.peer().greetAsGuest(welcome.token);
    expect(again.member).toBe(welcome.member);
    expect([...again.token]).toEqual([...welcome.token]);
    expect(hall.seats.size).toBe(2);
  });

  it('has no seat for its token once it has left', async () => {
    const hall = await open(curious);
    const first = hall.peer();
    const welcome = await first.greetAsGuest();
    first.close();
    await until(() => hall.told.includes(`left ${welcome.member}`));
    expect(hall.seats.withToken(welcome.token)).toBeUndefined();
    const again = await hall.peer().greetAsGuest(welcome.token);
    expect(again.member).not.toBe(welcome.member);
    expect(again.token).not.toEqual(welcome.token);
  });

  it('with a token that was never issued is a new guest', async () => {
    const hall = await open(curious);
    const welcome = await hall.peer().greetAsGuest();
    const other = await hall.peer().greetAsGuest(new Uint8Array(16));
    expect(other.member).not.toBe(welcome.member);
    expect(hall.seats.connected).toBe(2);
  });

  it('takes part in tasks that are open, and in no others', async () => {
    const hall = await open({ open: ['mnist'] });
    const { member } = await hall.peer().greetAsGuest();
    expect([hall.seats.idle('mnist'), hall.seats.idle('other')]).toEqual([[member], []]);
    const peer = hall.peer();
    const hello = await peer.hello(() => ({
      who: { kind: 'guest', name: 'x', token: new Uint8Array() },
      tasks: ['mnist', 'other'],
    }));
    expect(await peer.send(hello)).toBe('identity-unknown');
  });

  it('never gets an id of the directory', async () => {
    const hall = await open({ open: ['other'] });
    expect((await hall.peer().greetAsGuest()).member).toBe(gatewayMembership.directory.entries.size + 1);
  });

  it('is welcomed in the context of its challenge', async () => {
    const hall = await open(curious);
    const peer = hall.peer();
    const challenge = await peer.next('challenge');
    const hello = encodeHello({
      ...decodeChallenge(challenge),
      who: { kind: 'guest', name: 'x', token: new Uint8Array() },
      tasks: [],
    });
    await peer.send(hello);
    expect([...decodeWelcome(await peer.next('welcome')).context]).toEqual([...decodeChallenge(challenge).context]);
  });
});
