import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../coordinator/limits/address.ts';
import { Bucket, Buckets, perMinute } from '../../coordinator/limits/bucket.ts';
import { createListener } from '../../coordinator/http/listen.ts';
import { ConnectionLimiter } from '../../coordinator/limits/connection-limiter.ts';
import { SendQuotas, roundAllowance } from '../../coordinator/limits/send-quota.ts';
import { PART_LENGTH } from '../../protocol/wire/messages/part.ts';

/** A clock that stands still until it is told. */
function clock(): { now: () => number; after: (ms: number) => void } {
  let time = 1000;
  return { now: () => time, after: (ms) => void (time += ms) };
}

/** How often a bucket gives. */
const times = (bucket: Bucket): number => {
  let count = 0;
  while (bucket.take()) count++;
  return count;
};

describe('a bucket', () => {
  it('gives what it holds, then what was refilled, and never more than its capacity', () => {
    const { now, after } = clock();
    const bucket = new Bucket(perMinute(60), now);
    expect(times(bucket)).toBe(60);
    after(2500);
    expect(times(bucket)).toBe(2);
    after(500);
    expect(times(bucket)).toBe(1);
    after(3_600_000);
    expect(bucket.full).toBe(true);
    expect(times(bucket)).toBe(60);
  });

  it('takes nothing if there is too little', () => {
    const { now } = clock();
    const bucket = new Bucket({ capacity: 10, perSecond: 1 }, now);
    expect(bucket.take(11)).toBe(false);
    expect(bucket.take(10)).toBe(true);
    bucket.fill();
    expect(times(bucket)).toBe(10);
  });

  it('is one for each key, and forgotten when it is full again', () => {
    const { now, after } = clock();
    const buckets = new Buckets<number>(perMinute(1), now);
    for (let key = 0; key < 1024; key++) expect(buckets.of(key).take()).toBe(true);
    expect(buckets.of(5).take()).toBe(false);
    after(59_000);
    expect(buckets.of(5).take()).toBe(false);
    after(1000);
    buckets.of(5000);
    expect(buckets.size).toBe(1);
    expect(buckets.of(5).take()).toBe(true);
  });

  it('is kept while it is not full, however many there are', () => {
    const { now } = clock();
    const buckets = new Buckets<number>(perMinute(1), now);
    for (let key = 0; key < 5000; key++) buckets.of(key).take();
    expect(buckets.size).toBe(5000);
  });
});

describe('the address of a client', () => {
  const key = (remoteAddress: string | undefined, forwarded?: string | string[], trustProxy = 0): string =>
    addressKey(
      { socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } },
      { trustProxy, ipv6Prefix: 56 },
    );

  it('is its address, whichever way it is written', () => {
    expect(key('192.0.2.1')).toBe('192.0.2.1');
    expect(key('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(key(undefined)).toBe('unknown');
  });

  it('is one network of IPv6', () => {
    expect(key('2001:db8:0:12ff::1')).toBe(key('2001:db8:0:1200:ffff::2'));
    expect(key('2001:db8:0:1300::1')).not.toBe(key('2001:db8:0:1200::1'));
  });

  it('is the peer of the outermost trusted proxy', () => {
    expect(key('127.0.0.1', '192.0.2.1', 1)).toBe('192.0.2.1');
    expect(key('127.0.0.1', '203.0.113.9, 192.0.2.1', 1)).toBe('192.0.2.1');
    expect(key('127.0.0.1', '203.0.113.9, 192.0.2.1, 10.0.0.1', 2)).toBe('192.0.2.1');
    expect(key('127.0.0.1', ['203.0.113.9', '192.0.2.1'], 1)).toBe('192.0.2.1');
  });

  it('is the proxy’s if that reports nothing, or no address', () => {
    expect(key('127.0.0.1', undefined, 1)).toBe('127.0.0.1');
    expect(key('127.0.0.1', '', 1)).toBe('127.0.0.1');
    expect(key('127.0.0.1', 'nonsense', 1)).toBe('127.0.0.1');
    expect(key('127.0.0.1', '192.0.2.1, nonsense', 2)).toBe('127.0.0.1');
  });

  it('is not taken from headers if no proxy is trusted', () => {
    expect(key('127.0.0.1', '192.0.2.1')).toBe('127.0.0.1');
  });
});

describe('a connection limiter', () => {
  it('has room up to its limits, and for one more for each connection that ends', () => {
    const crowd = new ConnectionLimiter({ connections: 3, connectionsPerAddress: 2 });
    const sockets = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
    crowd.add(sockets[0]!, 'a');
    crowd.add(sockets[1]!, 'a');
    expect([crowd.hasRoomFor('a'), crowd.hasRoomFor('b')]).toEqual([false, true]);
    crowd.add(sockets[2]!, 'b');
    expect([crowd.hasRoomFor('b'), crowd.hasRoomFor('c')]).toEqual([false, false]);
    crowd.remove(sockets[0]!);
    sockets[0]!.emit('close');
    expect(crowd.size).toBe(2);
    expect([crowd.hasRoomFor('a'), crowd.hasRoomFor('c')]).toEqual([true, true]);
    for (const socket of sockets) socket.emit('close');
    expect(crowd.size).toBe(0);
  });
});

describe('in a full connection limiter', () => {
  it('the one of the same address that has been there longest is in the way, or else the one of all', () => {
    const crowd = new ConnectionLimiter<EventEmitter>({ connections: 3, connectionsPerAddress: 2 });
    const sockets = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
    expect(crowd.inTheWayOf('a')).toBeUndefined();
    crowd.add(sockets[0]!, 'b');
    crowd.add(sockets[1]!, 'a');
    expect(crowd.inTheWayOf('a')).toBeUndefined();
    crowd.add(sockets[2]!, 'a');
    expect(crowd.inTheWayOf('a')).toBe(sockets[1]);
    expect(crowd.inTheWayOf('c')).toBe(sockets[0]);
  });
});

describe('a listener', () => {
  it('counts connections of one network of IPv6 together', () => {
    const limits = { helloTimeoutMs: 1000, connections: 10, connectionsPerAddress: 2, ipv6Prefix: 56 };
    let refused = 0;
    const { server, destroyConnections } = createListener(() => undefined, { ...limits, onRefused: () => refused++ });
    const connected = (remoteAddress: string): boolean => {
      const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
      server.emit('connection', socket);
      return !socket.destroyed;
    };
    expect(['::1', '::2', '::3', 'ff::4'].map((host) => connected(`2001:db8:0:12${host}`))).toEqual([
      ...[true, true, false, true],
    ]);
    expect(refused).toBe(1);
    destroyConnections();
  });
});

describe('a send quota', () => {
  it('covers all messages of a round in parts, and no more rounds than it holds', () => {
    const largest = 5 * PART_LENGTH + 1;
    const { frames, bytes } = roundAllowance(largest);
    // Six messages of six parts with a head each.
    expect(frames).toBeGreaterThanOrEqual(6 * 6 * 2);
    expect(bytes).toBeGreaterThanOrEqual(6 * largest);
    const { now } = clock();
    const quota = new SendQuotas<number>(largest, 2, now).of(1);
    let paid = 0;
    while (quota.pay(1)) paid++;
    expect(paid).toBe(2 * frames);
  });

  it('is the same for its owner’s next connection, and refilled by a round or a minute', () => {
    const { now, after } = clock();
    const quotas = new SendQuotas<number>(1000, 2, now);
    const quota = quotas.of(1);
    while (quota.pay(1));
    expect(quotas.of(1).pay(1)).toBe(false);
    expect(quotas.of(2).pay(1)).toBe(true);
    quota.fill();
    expect(quotas.of(1).pay(1)).toBe(true);
    while (quota.pay(1));
    after(60_000);
    expect(quotas.of(1).pay(roundAllowance(1000).bytes)).toBe(true);
  });

  it('of an unauthenticated connection is enough for a Hello, and is not refilled', () => {
    const { now, after } = clock();
    const quota = new SendQuotas<number>(1000, 2, now).unauthenticated();
    expect(quota.pay(9000)).toBe(true);
    expect(quota.pay(32 * 1024)).toBe(false);
    while (quota.pay(1));
    after(3_600_000);
    expect(quota.pay(1)).toBe(false);
  });
});
