/**
 * Which pages may use a coordinator. A browser names the origin of the page that asks; programs name none, and are let in,
 * since nobody else's browser acts for them. A page of the coordinator's own address is always let in.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins of other pages, such as `https://example.org` */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Whether a page of this origin is one of those named. */
  lists(origin: string): boolean {
    return this.#allowed.has(origin);
  }

  /**
   * Whether a connection is taken: sockets are not held by the browser's same-origin policy, so any page could open one.
   * @param host the request's Host header; behind a proxy that changes it, the page's own origin must be listed too
   */
  admits(origin: string | undefined, host: string | undefined): boolean {
    return origin === undefined || this.lists(origin) || (host !== undefined && isPageOf(origin, host));
  }
}

/**
 * Whether an origin is that of a web page at a host and port. A proxy may have added the port that the scheme has anyway.
 * `null`, the origin of sandboxed frames and files, is at no host.
 */
function isPageOf(origin: string, host: string): boolean {
  const [scheme] = /^https?:\/\//.exec(origin) ?? [];
  if (scheme === undefined || !URL.canParse(origin) || !URL.canParse(scheme + host)) return false;
  return new URL(origin).host === new URL(scheme + host).host;
}
