import type { Agreer, WantedAgreements } from './agreer.ts';
import { equalBytes, fromHex } from './bytes.ts';
import { expectLength, lowOrderKey } from './checks.ts';
import { X25519_ANSWER } from './known-answers.ts';
import { SecretBytes } from './secret.ts';
import { SIZES } from './suite.ts';

const X25519 = { name: 'X25519' } as const;

/** Agreements in flight at the same time: enough for the browser's threads, few to discard. */
const AT_A_TIME = 128;

/** RFC 8410 §7: everything in a PKCS #8 X25519 key before its 32 bytes. */
const PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420');

/** A key as WebCrypto holds it. */
type HeldKey = object;

/**
 * What is used of WebCrypto's `SubtleCrypto`. The name itself is one of the DOM's types, which projects for Node lack: the
 * declarations of this package would not compile there.
 */
interface Subtle {
  importKey(
    format: 'pkcs8' | 'raw',
    key: Uint8Array<ArrayBuffer>,
    algorithm: { readonly name: string },
    extractable: boolean,
    usages: 'deriveBits'[],
  ): Promise<HeldKey>;
  deriveBits(
    algorithm: { readonly name: string; readonly public: HeldKey },
    own: HeldKey,
    bits: number,
  ): Promise<ArrayBuffer>;
}

/**
 * X25519 by WebCrypto (Secure Curves; Chromium 133, Firefox 130, Safari 17, Node 20), if the platform has it and
 * reproduces RFC 7748's result. A page without a secure context has no `crypto.subtle` at all.
 * @returns undefined if it cannot be used; never rejects
 */
export async function webCryptoAgreer(subtle: Subtle | undefined): Promise<Agreer | undefined> {
  if (subtle === undefined) return undefined;
  const agreer = new WebCryptoAgreer(subtle);
  const secretKey = new SecretBytes(X25519_ANSWER.alice.secretKey.slice());
  try {
    const [shared] = await agreer.agree(
      { secretKey, peers: [X25519_ANSWER.bob.publicKey] },
      new AbortController().signal,
    );
    return equalBytes(shared!.expose(), X25519_ANSWER.shared) ? agreer : undefined;
  } catch {
    return undefined; // this platform's WebCrypto does not support X25519
  }
}

class WebCryptoAgreer implements Agreer {
  readonly name = 'webcrypto';
  readonly #subtle: Subtle;

  constructor(subtle: Subtle) {
    this.#subtle = subtle;
  }

  async agree({ secretKey, peers }: WantedAgreements, signal: AbortSignal): Promise<readonly SecretBytes[]> {
    for (const peer of peers) expectLength('x25519 public key', peer, SIZES.key);
    const own = await this.#importSecret(secretKey);
    const agreed: SecretBytes[] = [];
    try {
      for (let from = 0; from < peers.length; from += AT_A_TIME) {
        signal.throwIfAborted();
        const batch = peers.slice(from, from + AT_A_TIME).map((peer) => this.#shared(own, peer));
        // allSettled, not all: a rejection must not leave behind secrets that arrive after it.
        const results = await Promise.allSettled(batch);
        for (const result of results) if (result.status === 'fulfilled') agreed.push(result.value);
        for (const result of results) if (result.status === 'rejected') throw result.reason;
      }
      signal.throwIfAborted();
      return agreed;
    } catch (thrown) {
      for (const secret of agreed) secret.wipe();
      throw thrown;
    }
  }

  /** Not extractable: no script can read the key back. The browser drops it with the last reference to it. */
  async #importSecret(secretKey: SecretBytes): Promise<HeldKey> {
    const encoded = new Uint8Array(PKCS8_PREFIX.length + SIZES.key);
    try {
      encoded.set(PKCS8_PREFIX);
      encoded.set(secretKey.expose(), PKCS8_PREFIX.length);
      return await this.#subtle.importKey('pkcs8', encoded, X25519, false, ['deriveBits']);
    } finally {
      encoded.fill(0);
    }
  }

  async #shared(own: HeldKey, peer: Uint8Array): Promise<SecretBytes> {
    const peerKey = await this.#subtle.importKey('raw', new Uint8Array(peer), X25519, false, []);
    let bits: ArrayBuffer;
    try {
      bits = await this.#subtle.deriveBits({ ...X25519, public: peerKey }, own, 8 * SIZES.key);
    } catch (thrown) {
      // The all-zero result is the only failure of the operation itself in the specification.
      throw thrown instanceof Error && thrown.name === 'OperationError' ? lowOrderKey() : thrown;
    }
    const shared = new Uint8Array(bits);
    if (shared.every((byte) => byte === 0)) throw lowOrderKey();
    return new SecretBytes(shared);
  }
}
