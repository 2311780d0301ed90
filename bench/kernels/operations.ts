import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import {
  LagrangeBasis,
  portablePrimitives,
  type Primitives,
  shareSecret,
  SIZES,
  systemRandom,
} from '../../protocol/crypto/index.ts';
import type { OperationSpeed } from '../schema.ts';
import { medianMs } from '../support/statistics.ts';
import { shareByBigInt } from './bigint-shamir.ts';

/** How much is measured. */
export interface OperationsPlan {
  readonly repeats: number;
  /** Members that a secret is shared among, and shares needed to open it. */
  readonly n: number;
  readonly t: number;
}

/** The two sharing implementations that are compared. */
export const SHARINGS = { ours: 'share a secret', bigint: 'share a secret, BigInt field' } as const;

/** Operations per second: sharing and its BigInt counterpart, and the suite's operations in both implementations. */
export function benchOperations({ repeats, n, t }: OperationsPlan): OperationSpeed[] {
  return [...sharing(n, t, repeats), ...suite(nodePrimitives, repeats), ...suite(portablePrimitives, repeats)];
}

/** Operations per second, from batches that take long enough for the clock. */
function rate(name: string, repeats: number, work: () => void, batch = 1): OperationSpeed {
  const ms = medianMs(repeats, () => {
    for (let i = 0; i < batch; i++) work();
  });
  return { name, perS: (1000 * batch) / ms };
}

function sharing(n: number, t: number, repeats: number): OperationSpeed[] {
  const secret = systemRandom(SIZES.seed);
  const slots = Array.from({ length: n }, (_, i) => i);
  const share = (): Uint8Array[] => shareSecret({ secret, threshold: t, domain: n, slots, random: systemRandom });
  const holders = slots.slice(0, t);
  const basis = new LagrangeBasis(n, holders);
  const shares = share().slice(0, t);
  return [
    rate(SHARINGS.ours, repeats, share, 5),
    rate(SHARINGS.bigint, 1, () => shareByBigInt(secret, t, n)),
    rate('Lagrange basis', repeats, () => new LagrangeBasis(n, holders), 5),
    rate('open a secret', repeats, () => basis.open(shares), 50),
  ];
}

function suite(primitives: Primitives, repeats: number): OperationSpeed[] {
  const key = systemRandom(SIZES.key);
  const peer = primitives.x25519PublicKey(systemRandom(SIZES.key));
  const agreement = primitives.x25519(key);
  const verifying = primitives.ed25519PublicKey(key);
  const message = systemRandom(64);
  const signature = primitives.ed25519Sign(key, message);
  const nonce = new Uint8Array(SIZES.sealNonce);
  const pair = systemRandom(2 * SIZES.share);
  const sealed = primitives.seal(key, nonce, message, pair);
  const operations: readonly (readonly [string, () => unknown])[] = [
    ['X25519 public key of a secret', () => primitives.x25519PublicKey(key)],
    ['X25519 agreement', () => agreement.with(peer)],
    ['HKDF-SHA-256', () => primitives.hkdf(key, peer, message, SIZES.seed)],
    ['SHA-256 of 64 bytes', () => primitives.sha256(message)],
    ['seal two shares', () => primitives.seal(key, nonce, message, pair)],
    ['open two shares', () => primitives.open(key, nonce, message, sealed)],
    ['Ed25519 sign', () => primitives.ed25519Sign(key, message)],
    ['Ed25519 verify', () => primitives.ed25519Verify(verifying, message, signature)],
  ];
  return operations.map(([name, work]) => rate(`${name}, ${primitives.name}`, repeats, () => void work(), 20));
}
