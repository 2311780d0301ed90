import type { Addresses, LocalEnd } from './addresses.ts';

/**
 * Which pages may use a coordinator. A browser names the origin of the page that asks; programs name none, and are let in,
 * since nobody else's browser acts for them. A page of the coordinator's own address is always let in. The Host header
 * says nothing of that: who points a name of his own at this machine chooses origin and Host alike (DNS rebinding).
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #addresses: Addresses;

  /** @param allowed origins of other pages, such as `https://example.org` */
  constructor(allowed: readonly string[], addresses: Addresses) {
    this.#allowed = new Set(allowed);
    this.#addresses = addresses;
  }

  /** Whether a page of this origin is one of those named. */
  lists(origin: string): boolean {
    return this.#allowed.has(origin);
  }

  /**
   * Whether a connection is taken: sockets are not held by the browser's same-origin policy, so any page could open one.
   * @param end where the connection has come to; behind a proxy, `publicUrls` says what its address is outside
   */
  admits(origin: string | undefined, end: LocalEnd): boolean {
    return origin === undefined || this.lists(origin) || this.#addresses.hasPage(origin, end);
  }
}
