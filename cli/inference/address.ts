import { CairnError } from '../../protocol/errors.ts';
import { canonicalAddress } from '../../protocol/wire/index.ts';
import { parseAddress } from '../../client/internal.ts';

/** Whether an argument is an address rather than a file. */
export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/**
 * The canonical address of a server that is named on the command line.
 * @throws CairnError `config-invalid` for anything but an http or https URL, `unsafe-plain-http`
 */
export function serverAddress(text: string, unsafePlainHttp = false): string {
  if (!isAddress(text)) {
    throw new CairnError('config-invalid', `address: an http or https URL was expected, got "${text}"`, {
      hint: 'write it like https://models.example.org or http://127.0.0.1:9443',
    });
  }
  parseAddress(text, unsafePlainHttp);
  return canonicalAddress(text);
}

/** The WebSocket of a service at an address. @param path such as `/ask` */
export function socketUrl(address: string, path: string): string {
  return `${address.replace(/^http/, 'ws').replace(/\/$/, '')}${path}`;
}
