import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

/** The parts of a request that tell where it comes from. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** How addresses are determined and distinguished. */
export interface AddressRule {
  /**
   * Proxies in front of the coordinator, each of which adds its peer's address to `X-Forwarded-For`. The entry of the
   * outermost of them is trusted, and none before it, since the client writes those.
   */
  readonly trustProxy: number;
  /** Leading bits of an IPv6 address by which clients are distinguished: one network owns the others. */
  readonly ipv6Prefix: number;
}

/** Used if there is no valid address, as for a connection that has just ended. */
const UNKNOWN = 'unknown';

/** The key under which the limits count a client: its IPv4 address, or the prefix of its IPv6 address. */
export function addressKey(caller: Caller, { trustProxy, ipv6Prefix }: AddressRule): string {
  const { remoteAddress = '' } = caller.socket;
  const forwarded = trustProxy === 0 ? [] : listOf(caller.headers['x-forwarded-for']).reverse().slice(0, trustProxy);
  const known = [remoteAddress, ...forwarded].map(plain);
  // An entry that is not an address ends the chain: no entry before it is trusted.
  const broken = known.findIndex((address) => isIP(address) === 0);
  const address = known.at(broken < 0 ? -1 : Math.max(0, broken - 1)) ?? '';
  return isIP(address) === 0 ? UNKNOWN : ipKeyGenerator(address, ipv6Prefix);
}

const listOf = (header: string | string[] | undefined): string[] =>
  (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((entry) => entry.trim());

/** A dual-stack socket reports IPv4 addresses in this form. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
