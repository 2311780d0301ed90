import type { Addresses, LocalEnd } from './addresses.ts';

/**
 * Which pages may use a coordinator. A browser sends the origin of the requesting page; programs send none, and are
 * admitted, since they cannot abuse a user's browser. A page from the coordinator's own address is always admitted. The
 * Host header does not prove that: an attacker who points a domain at this machine controls both origin and Host (DNS
 * rebinding).
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #addresses: Addresses;

  /** @param allowed origins of other pages, such as `https://example.org` */
  constructor(allowed: readonly string[], addresses: Addresses) {
    this.#allowed = new Set(allowed);
    this.#addresses = addresses;
  }

  /** Whether this origin is one of those configured. */
  lists(origin: string): boolean {
    return this.#allowed.has(origin);
  }

  /**
   * Whether a connection is accepted: the browser's same-origin policy does not cover sockets, so any page could open
   * one.
   * @param end where the connection arrived; behind a proxy, `publicUrls` has the public address
   */
  admits(origin: string | undefined, end: LocalEnd): boolean {
    return origin === undefined || this.lists(origin) || this.#addresses.hasPage(origin, end);
  }
}
