import { z } from 'zod';
import { strict } from './strict.ts';

const count = z.int().min(1).max(1_000_000);

/**
 * What one address, one identity and all together may ask of a coordinator. An address is an IPv4 address, or the prefix
 * of an IPv6 address. The defaults leave room for all that honest clients do, many of them behind one address.
 */
export const limitsSchema = strict({
  /** Members' connections at a time. Whatever else is connected, for the HTTP API, may be as many again. */
  connections: count.default(10_000),
  connectionsPerAddress: count.default(512),
  /** Connections at a time that have not said Hello; an eighth of them from one address. */
  strangers: count.default(1000),
  /** Milliseconds within which a connection says Hello, and a request its headers. */
  helloTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  /** Attempts to connect a minute from one address, whoever it says it is. */
  connectsPerMinute: count.default(3000),
  /** Seats a minute that one identity takes: a client comes back twice a second at most. */
  seatsPerMinute: count.default(120),
  /** Requests a minute from one address, without health. */
  requestsPerMinute: count.default(6000),
  /** Models and directories a minute from one address: a client fetches one of each a round. */
  downloadsPerMinute: count.default(6000),
  /**
   * How many rounds' worth of messages and bytes one member may send without another round beginning or a minute
   * passing. An honest one needs 1, and another for each connection that breaks in the middle of its upload.
   */
  roundsOfMessages: z.int().min(2).max(1000).default(16),
  /** Leading bits by which IPv6 addresses are told apart: providers give each customer 48 to 64. */
  ipv6Prefix: z.int().min(32).max(64).default(56),
});

/** Limits as their schema gives them. */
export type Limits = Readonly<z.infer<typeof limitsSchema>>;
