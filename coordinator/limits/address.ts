import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

/** What of a request says where it comes from. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** How addresses are found and told apart. */
export interface AddressRule {
  /**
   * Proxies in front of the coordinator, each of which adds the address that it was called from to `X-Forwarded-For`.
   * The entry of the outermost of them is believed, and none before it, since whoever asks writes those.
   */
  readonly trustProxy: number;
  /** Leading bits of an IPv6 address by which clients are told apart: one network has the others. */
  readonly ipv6Prefix: number;
}

/** Stands for what is no address, as for a connection that has just ended. */
const UNKNOWN = 'unknown';

/** By what the limits know who asks: its IPv4 address, or the prefix of its IPv6 address. */
export function addressKey(caller: Caller, { trustProxy, ipv6Prefix }: AddressRule): string {
  const { remoteAddress = '' } = caller.socket;
  const forwarded = trustProxy === 0 ? [] : listOf(caller.headers['x-forwarded-for']).reverse().slice(0, trustProxy);
  const known = [remoteAddress, ...forwarded].map(plain);
  // What a proxy did not write as an address ends the chain: before it nobody is believed.
  const broken = known.findIndex((address) => isIP(address) === 0);
  const address = known.at(broken < 0 ? -1 : Math.max(0, broken - 1)) ?? '';
  return isIP(address) === 0 ? UNKNOWN : ipKeyGenerator(address, ipv6Prefix);
}

const listOf = (header: string | string[] | undefined): string[] =>
  (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((entry) => entry.trim());

/** How a socket for both versions of IP names the older one. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
