import { toHex } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberDirectory, openDirectory } from '../../protocol/wire/directory.ts';
import { fetchBytes } from '../transport/http.ts';
import type { Address } from '../transport/transport.ts';

/** A million members with long names. */
const GREATEST = 2 ** 28;
const TIMEOUT_MS = 30_000;

/** The member directory as the pinned authority signed it, fetched again when a round names another one. */
export class Directories {
  readonly #address: Address;
  readonly #primitives: Primitives;
  readonly #authorityKey: Uint8Array;
  #latest: { readonly hash: string; readonly directory: MemberDirectory } | undefined;

  constructor(address: Address, primitives: Primitives, authorityKey: Uint8Array) {
    this.#address = address;
    this.#primitives = primitives;
    this.#authorityKey = authorityKey;
  }

  /**
   * The directory of this hash.
   * @throws CairnError `directory-mismatch` where the coordinator serves another one, `directory-signature` where the
   * pinned authority did not sign it, `unreachable`
   */
  async get(wanted: Uint8Array, signal: AbortSignal): Promise<MemberDirectory> {
    const hash = toHex(wanted);
    if (this.#latest?.hash === hash) return this.#latest.directory;
    const signed = await fetchBytes(this.#address, {
      path: 'v1/directory',
      limit: GREATEST,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    const directory = openDirectory(this.#primitives, this.#authorityKey, signed);
    const found = toHex(directory.hash);
    if (found !== hash) {
      throw new CairnError(
        'directory-mismatch',
        `the round names the member directory ${hash.slice(0, 16)}…, the coordinator serves ${found.slice(0, 16)}…`,
      );
    }
    this.#latest = { hash, directory };
    return directory;
  }
}
