import { z } from 'zod';
import { strict } from './strict.ts';

const count = z.int().min(1).max(1_000_000);

/**
 * What one address, and all of them together, may ask of a coordinator: an operator sets the number of connections, and
 * every other limit follows from that or is fixed. An address is an IPv4 address, or the prefix of an IPv6 address. The
 * defaults leave room for everything that honest clients do, even with many of them behind one address.
 */
export const limitsSchema = strict({
  /**
   * Members' connections at a time from one address; its requests and connection attempts per minute follow from it.
   */
  perAddress: count.default(512),
  /** Members' connections at a time. Connections to the HTTP API may be as many again. */
  total: count.default(10_000),
});

/** Milliseconds within which a connection must send its Hello, and a request its headers. */
const HELLO_TIMEOUT_MS = 10_000;

/** Part of all connections that may belong to peers that have not sent a Hello. */
const UNAUTHENTICATED_SHARE = 1 / 10;

/** Connection attempts per minute for each connection of an address: a lost one is retried a few times. */
const CONNECTS_PER_CONNECTION = 6;

/**
 * Requests, and downloads, per minute for each connection of an address: a client fetches a model and a directory a
 * round.
 */
const REQUESTS_PER_CONNECTION = 12;

/** Seats per minute that one identity may take: a client reconnects at most twice a second. */
const SEATS_PER_MINUTE = 120;

/**
 * How many rounds' worth of messages and bytes one member may send without another round beginning or a minute passing.
 * An honest member needs 1, and one more for each connection that breaks in the middle of its upload.
 */
const ROUNDS_OF_MESSAGES = 16;

/** Leading bits by which IPv6 addresses are distinguished: providers assign each customer a prefix of 48 to 64. */
const IPV6_PREFIX = 56;

/** Every limit that the coordinator applies. */
export interface Limits {
  /** Members' connections at a time. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Connections at a time that have not sent a Hello; an eighth of them from one address. */
  readonly strangers: number;
  /** Milliseconds within which a connection must send its Hello, and a request its headers. */
  readonly helloTimeoutMs: number;
  /** Connection attempts per minute from one address, whatever identity they claim. */
  readonly connectsPerMinute: number;
  /** Seats per minute that one identity may take. */
  readonly seatsPerMinute: number;
  /** Requests per minute from one address, without health checks. */
  readonly requestsPerMinute: number;
  /** Model and directory downloads per minute from one address. */
  readonly downloadsPerMinute: number;
  /** How many rounds' worth of messages and bytes one member may send without another round or a minute. */
  readonly roundsOfMessages: number;
  /** Leading bits by which IPv6 addresses are distinguished. */
  readonly ipv6Prefix: number;
}

/** All limits that follow from a configuration's two. */
export function limitsOf({ perAddress, total }: z.output<typeof limitsSchema>): Limits {
  return {
    connections: total,
    connectionsPerAddress: perAddress,
    strangers: Math.ceil(UNAUTHENTICATED_SHARE * total),
    helloTimeoutMs: HELLO_TIMEOUT_MS,
    connectsPerMinute: CONNECTS_PER_CONNECTION * perAddress,
    seatsPerMinute: SEATS_PER_MINUTE,
    requestsPerMinute: REQUESTS_PER_CONNECTION * perAddress,
    downloadsPerMinute: REQUESTS_PER_CONNECTION * perAddress,
    roundsOfMessages: ROUNDS_OF_MESSAGES,
    ipv6Prefix: IPV6_PREFIX,
  };
}

/** How messages longer than a part are received, and how fast models must be fetched; see docs/protocol.md. */
export interface UploadPace {
  /** Messages assembled at a time, over all tasks. Undefined: as many as memory allows, see `uploadsWithin`. */
  readonly atOnce?: number;
  /** Milliseconds within which the next part must arrive. */
  readonly stallMs: number;
  /** Bytes per second that a message must average as a whole. */
  readonly minBytesPerSecond: number;
}

/**
 * The pace of every coordinator. A client that sends each part just before the stall limit would hold a place that
 * others wait for as long as its message has parts; every honest link is faster than half a megabit per second.
 */
export const UPLOAD_PACE: UploadPace = { stallMs: 10_000, minBytesPerSecond: 64 * 1024 };
