import {
  encodeUnmaskRequest,
  findRing,
  roundParameters,
  sessionWitnesses,
  survivorBytes,
} from '../../protocol/schemes/secagg/index.ts';
import { generateIdentity, SIZES, systemRandom } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { bitmapLength, bitmapOf } from '../../protocol/wire/index.ts';
import type { WitnessCheck } from '../schema.ts';
import { medianMs, roundMs } from '../support/statistics.ts';

/** γ and δ of every ring here: a task's defaults. */
const COLLUDING = 0.25;
const DROPOUT = 0.1;

/** Bits of security of the signatures of t neighbours, before witnesses were introduced. */
const SIGMA_OF_NEIGHBOURS = 80;

/** The cohorts that the check is measured for. */
export interface WitnessesPlan {
  readonly sizes: readonly number[];
  readonly repeats: number;
}

/**
 * What the check of the survivor set costs one client of an active ring: drawing the witnesses, and checking q
 * signatures.
 */
export function benchWitnesses({ sizes, repeats }: WitnessesPlan): Promise<WitnessCheck[]> {
  return Promise.resolve(sizes.map((n) => measure(n, repeats)));
}

function measure(n: number, repeats: number): WitnessCheck {
  const model = { n, adversary: 'active', colluding: COLLUDING, dropout: DROPOUT } as const;
  const parameters = roundParameters({ ...model, graph: 'ring', threshold: 0 });
  const { witnesses, quorum } = parameters;
  const neighbours = findRing({ ...model, sigma: SIGMA_OF_NEIGHBOURS, ownShare: true }).threshold;
  const [root, sessionId] = [systemRandom(SIZES.hash), systemRandom(SIZES.hash)];
  const survivors = bitmapOf(n, Array(n).keys());
  const bytes = survivorBytes(nodePrimitives, sessionId, survivors);
  const signed = Array.from({ length: Math.max(quorum, neighbours) }, () => {
    const { publicKey, secretKey } = generateIdentity(nodePrimitives, systemRandom);
    return { publicKey, signature: nodePrimitives.ed25519Sign(secretKey.expose(), bytes) };
  });
  const verify = (count: number): void => {
    for (const { publicKey, signature } of signed.slice(0, count)) {
      if (!nodePrimitives.ed25519Verify(publicKey, bytes, signature)) throw new Error('a signature does not verify');
    }
  };
  const request = encodeUnmaskRequest({
    ...{ suite: 1, context: sessionId, size: n, survivors, witnesses },
    signers: bitmapOf(witnesses, Array(quorum).keys()),
    signatures: signed.slice(0, quorum).map(({ signature }) => signature),
  });
  return {
    ...{ n, w: witnesses, q: quorum },
    drawMs: roundMs(medianMs(repeats, () => void sessionWitnesses(nodePrimitives, parameters, sessionId, root))),
    verifyMs: roundMs(medianMs(repeats, () => verify(quorum))),
    bytes: request.length,
    neighbours,
    neighboursMs: roundMs(medianMs(repeats, () => verify(neighbours))),
    // Each with its index, and their number, in place of the two witness fields.
    neighboursBytes:
      request.length - bitmapLength(witnesses) + neighbours * (4 + SIZES.signature) - quorum * SIZES.signature,
  };
}
