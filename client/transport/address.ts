import { CairnError } from '../../protocol/errors.ts';
import { canonicalAddress, isLoopback, LIMITS } from '../../protocol/wire/index.ts';
import type { Address } from './transport.ts';

/**
 * Reads a coordinator's address, such as `http://localhost:8080` or `https://example.org/cairn`.
 * @param unsafePlainHttp whether plain HTTP to another machine is allowed
 * @throws CairnError `config-invalid` for anything but an http or https URL without query, user name or password (which
 * is not shown); `unsafe-plain-http`
 */
export function parseAddress(text: string, unsafePlainHttp = false): Address {
  const refuse = (what: string): CairnError =>
    new CairnError('config-invalid', `address: ${what}`, { hint: 'write it like http://localhost:8080' });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Before an @ there may be a password.
    throw refuse(`an http or https URL was expected, got ${text.includes('@') ? 'something else' : `"${text}"`}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('a user name or password has no meaning here: a member signs in with its identity');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse(`the scheme must be http or https, but is "${url.protocol.slice(0, -1)}"`);
  }
  if (url.search !== '' || url.hash !== '') throw refuse('a query or fragment has no meaning here');
  const { origin } = url;
  const whole = canonicalAddress(text);
  if (whole.length > LIMITS.text) throw refuse(`it must have at most ${LIMITS.text} characters`);
  if (url.protocol === 'http:' && !unsafePlainHttp && !isLoopback(url.hostname)) {
    throw new CairnError(
      'unsafe-plain-http',
      `address: ${origin} is another machine, and plain HTTP can be read and changed in transit`,
      { hint: 'join at an https address, or pass --unsafe-plain-http (unsafePlainHttp: true)' },
    );
  }
  return { text, origin, base: whole.slice(origin.length) };
}

/** The URL of a path of the API, such as `v1/directory`. */
export function apiUrl(address: Address, path: string): string {
  return `${address.origin}${address.base}${path}`;
}
