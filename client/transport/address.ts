import { CairnError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/wire/limits.ts';
import type { Address } from './transport.ts';

/**
 * Reads a coordinator's address, such as `http://localhost:8080` or `https://example.org/cairn`.
 * @throws CairnError `config-invalid` for anything but an http or https URL without query
 */
export function parseAddress(text: string): Address {
  const refuse = (what: string): CairnError =>
    new CairnError('config-invalid', `address: ${what}`, { hint: 'write it like http://localhost:8080' });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse(`an http or https URL was expected, got "${text}"`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse(`the scheme must be http or https, but is "${url.protocol.slice(0, -1)}"`);
  }
  if (url.search !== '' || url.hash !== '') throw refuse('a query or fragment has no meaning here');
  const base = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  if (url.origin.length + base.length > LIMITS.text) throw refuse(`it must have at most ${LIMITS.text} characters`);
  return { text, origin: url.origin, base };
}

/** The URL of a path of the API, such as `v1/directory`. */
export function apiUrl(address: Address, path: string): string {
  return `${address.origin}${address.base}${path}`;
}
