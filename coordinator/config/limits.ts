import { z } from 'zod';
import { strict } from './strict.ts';

const count = z.int().min(1).max(1_000_000);

/**
 * What one address and all together may ask of a coordinator: an operator says how many connections there may be, and
 * everything else follows from that or is the same for all. An address is an IPv4 address, or the prefix of an IPv6
 * address. The defaults leave room for all that honest clients do, many of them behind one address.
 */
export const limitsSchema = strict({
  /** Members' connections at a time from one address; its requests and attempts to connect a minute follow from them. */
  perAddress: count.default(512),
  /** Members' connections at a time. Whatever else is connected, for the HTTP API, may be as many again. */
  total: count.default(10_000),
});

/** Milliseconds within which a connection says Hello, and a request its headers. */
const HELLO_TIMEOUT_MS = 10_000;

/** Part of all connections that may be those of peers that have not said Hello. */
const UNAUTHENTICATED_SHARE = 1 / 10;

/** Attempts to connect a minute for each connection of an address: one that is lost is tried again a few times. */
const CONNECTS_PER_CONNECTION = 6;

/** Requests a minute for each connection of an address, and downloads: a client fetches a model and a directory a round. */
const REQUESTS_PER_CONNECTION = 12;

/** Seats a minute that one identity takes: a client comes back twice a second at most. */
const SEATS_PER_MINUTE = 120;

/**
 * How many rounds' worth of messages and bytes one member may send without another round beginning or a minute passing.
 * An honest one needs 1, and another for each connection that breaks in the middle of its upload.
 */
const ROUNDS_OF_MESSAGES = 16;

/** Leading bits by which IPv6 addresses are told apart: providers give each customer 48 to 64. */
const IPV6_PREFIX = 56;

/** Every limit, as the coordinator applies them. */
export interface Limits {
  /** Members' connections at a time. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Connections at a time that have not said Hello; an eighth of them from one address. */
  readonly strangers: number;
  /** Milliseconds within which a connection says Hello, and a request its headers. */
  readonly helloTimeoutMs: number;
  /** Attempts to connect a minute from one address, whoever it says it is. */
  readonly connectsPerMinute: number;
  /** Seats a minute that one identity takes. */
  readonly seatsPerMinute: number;
  /** Requests a minute from one address, without health. */
  readonly requestsPerMinute: number;
  /** Models and directories a minute from one address. */
  readonly downloadsPerMinute: number;
  /** How many rounds' worth of messages and bytes one member may send without another round or a minute. */
  readonly roundsOfMessages: number;
  /** Leading bits by which IPv6 addresses are told apart. */
  readonly ipv6Prefix: number;
}

/** All limits that follow from the two of a configuration. */
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

/** How messages longer than a part are taken, and how fast models must be fetched; see docs/protocol.md. */
export interface UploadPace {
  /** Messages that are assembled at a time, over all tasks. Undefined: as many as memory allows, see `uploadsWithin`. */
  readonly atOnce?: number;
  /** Milliseconds within which the next part must come. */
  readonly stallMs: number;
  /** Bytes per second that a message must keep as a whole. */
  readonly minBytesPerSecond: number;
}

/**
 * The pace of every coordinator. A client that sends one part shortly before each stall limit would hold a place that
 * others wait for as long as its message has parts; half a megabit is less than any honest link gives.
 */
export const UPLOAD_PACE: UploadPace = { stallMs: 10_000, minBytesPerSecond: 64 * 1024 };
