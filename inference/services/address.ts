import { CairnError } from '../../protocol/errors.ts';
import { canonicalAddress, isLoopback, LIMITS } from '../../protocol/wire/index.ts';

/** The path at which models are asked. */
export const ASK_PATH = '/ask';

/** The path at which dealers are asked. */
export const DEAL_PATH = '/deal';

/** The address of a server of models or of a dealer. */
export interface ServerAddress {
  /** As the user typed it. */
  readonly text: string;
  /** Canonical, with the scheme http or https: the form that members sign. */
  readonly address: string;
}

/**
 * Reads a server's address, such as `https://example.org:9443` or `wss://example.org/models`: http and ws mean the same,
 * and so do https and wss.
 * @param what the option or field that holds it, for error messages
 * @param unsafePlainHttp whether a plain connection to another machine is allowed
 * @throws CairnError `config-invalid` for anything but such a URL without query, user name or password (which is not
 * shown); `unsafe-plain-http`
 */
export function parseServer(text: string, what = 'server', unsafePlainHttp = false): ServerAddress {
  const refuse = (why: string): CairnError =>
    new CairnError('config-invalid', `${what}: ${why}`, { hint: 'write it like https://example.org:9443' });
  // The ports that are the schemes' own are the same for ws and http.
  const plain = text.trim().replace(/^ws(?=s?:)/i, 'http');
  if (!URL.canParse(plain)) {
    // Before an @ there may be a password.
    throw refuse(`an https or wss URL was expected, got ${text.includes('@') ? 'something else' : `"${text}"`}`);
  }
  const url = new URL(plain);
  if (url.username !== '' || url.password !== '') throw refuse('a user name or password has no meaning here');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse(`the scheme must be https, wss, http or ws, but is "${url.protocol.slice(0, -1)}"`);
  }
  if (url.search !== '' || url.hash !== '') throw refuse('a query or fragment has no meaning here');
  const address = canonicalAddress(url.href);
  if (address.length > LIMITS.text) throw refuse(`it must have at most ${LIMITS.text} characters`);
  if (url.protocol === 'http:' && !unsafePlainHttp && !isLoopback(url.hostname)) {
    throw new CairnError(
      'unsafe-plain-http',
      `${what}: ${url.origin} is another machine, and a plain connection can be read and changed in transit`,
      { hint: 'use an https or wss address, or pass --unsafe-plain-http (unsafePlainHttp: true)' },
    );
  }
  return { text, address };
}

/**
 * The URL of a WebSocket of a server.
 * @param path {@link ASK_PATH} or {@link DEAL_PATH}
 */
export function socketUrl({ address }: Pick<ServerAddress, 'address'>, path: string): string {
  return `ws${address.slice('http'.length, -1)}${path}`;
}
