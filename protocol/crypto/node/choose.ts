import { diffieHellman, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { equalBytes } from '../bytes.ts';
import { ED25519_ANSWER, X25519_ANSWER } from '../known-answers.ts';
import {
  privateEncodings,
  publicEncodings,
  type KeyFunctions,
  type PrivateEncoding,
  type PublicEncoding,
} from './key-encodings.ts';

/** How keys are imported into `node:crypto` on this release. */
export interface KeyEncodings {
  readonly private: PrivateEncoding;
  readonly public: PublicEncoding;
}

/** A trial: a way that throws has failed. */
function passes(trial: () => boolean): boolean {
  try {
    return trial();
  } catch {
    return false; // this release lacks the way, or refuses our input
  }
}

/** RFC 8032 §7.1: accepts the RFC's signature, but no other signature and no other message. */
function verifies({ read }: PublicEncoding): boolean {
  const { publicKey, message, signature } = ED25519_ANSWER;
  const altered = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  const judge = (text: Uint8Array, signed: Uint8Array): boolean =>
    verify(null, text, read('Ed25519', publicKey), signed);
  return judge(message, signature) && !judge(message, altered(signature)) && !judge(altered(message), signature);
}

/** RFC 8032 §7.1: the RFC's seed gives exactly its public key and signature. */
function signs({ read }: PrivateEncoding, { derive }: PublicEncoding): boolean {
  const { seed, publicKey, message, signature } = ED25519_ANSWER;
  const key = read('Ed25519', seed);
  return equalBytes(derive(key), publicKey) && equalBytes(sign(null, message, key), signature);
}

/** RFC 7748 §6.1: both sides have the RFC's public key, and agree on its secret. */
function agrees(secrets: PrivateEncoding, publics: PublicEncoding): boolean {
  const { alice, bob, shared } = X25519_ANSWER;
  const pair = ({ secretKey, publicKey }: typeof alice): { privateKey: KeyObject; own: boolean } => {
    const privateKey = secrets.read('X25519', secretKey);
    return { privateKey, own: equalBytes(publics.derive(privateKey), publicKey) };
  };
  const [a, b] = [pair(alice), pair(bob)];
  const secret = ({ privateKey }: typeof a, publicKey: Uint8Array): Uint8Array =>
    diffieHellman({ privateKey, publicKey: publics.read('X25519', publicKey) });
  return (
    a.own && b.own && equalBytes(secret(a, bob.publicKey), shared) && equalBytes(secret(b, alice.publicKey), shared)
  );
}

/**
 * How this release imports secrets and public keys, found by trying each way against RFC 7748's and RFC 8032's own
 * results. A version number would not tell: 24.21 and 26.10 know `raw` and 25.9 does not, and 26 refuses a JWK of a
 * secret that 25 accepts. Secrets and public keys are chosen separately, and every pair is tried before giving up.
 *
 * They are ordered by speed, and the first that passes is taken. `raw` is the fastest on each release that knows it,
 * and makes no copy of a secret; JWK is faster than DER on every release, and at least 9 times faster in Node 20 for a
 * secret (docs/decisions/0018-detect-key-formats-by-trial-not-by-node-version.md has the table). The order is fixed,
 * not timed at start: on a busy machine a clock would decide by chance, and one release should always behave the same.
 * A way that this release lacks costs microseconds, and DER is only tried after the others.
 * @param functions of `node:crypto`; tests pass those of releases on which a way is missing or broken
 * @returns undefined if no pair gives the RFCs' results
 */
export function chooseEncodings(functions: KeyFunctions): KeyEncodings | undefined {
  const secrets = privateEncodings(functions);
  // Public keys in the outer loop, since a member imports one for each peer and few secrets.
  for (const publics of publicEncodings(functions)) {
    if (!passes(() => verifies(publics))) continue;
    const found = secrets.find((secret) => passes(() => signs(secret, publics) && agrees(secret, publics)));
    if (found !== undefined) return { private: found, public: publics };
  }
  return undefined;
}
