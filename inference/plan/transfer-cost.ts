import { mapSizes } from '../../protocol/mpc/sharing/index.ts';
import type { Demand } from '../../protocol/mpc/dealer/index.ts';
import { demandsOf } from './demands.ts';
import type { Plan } from './types.ts';

/** Bytes that the receiver of a correlated transfer sends for it (IKNP, 128 columns). */
const TRANSFER = 16;

/** Bytes of one product of two numbers, of which one goes bit by bit: bit j matters to the upper bits − j bits alone. */
function productBytes(bits: 32 | 64): number {
  let bytes = 0;
  for (let bit = 0; bit < bits; bit++) bytes += Math.ceil((bits - bit) / 8);
  return bytes;
}

function bytesOf(demand: Demand): number {
  switch (demand.kind) {
    case 'linear': {
      const { inputs, products } = mapSizes(demand.map);
      // Each server's masks of inputs with the other's masks of weights.
      return 2 * demand.batch * (TRANSFER * demand.bits * inputs + productBytes(demand.bits) * products);
    }
    case 'square':
      return 2 * demand.count * (TRANSFER * demand.bits + productBytes(demand.bits));
    case 'transfer':
      return TRANSFER * demand.count;
    default:
      return 0;
  }
}

/**
 * Bytes that pass between SecureML's two servers, both ways together, for a batch's correlated randomness if oblivious
 * transfers make it in place of a dealer. Without what sets the transfers up, and the framing of messages; somewhat less
 * passes for a convolution with padding, since nothing is multiplied with its zeros.
 * @throws CairnError as `demandsOf` does
 */
export function transferCost(plan: Plan, batch: number): number {
  return demandsOf(plan, batch).reduce((sum, demand) => sum + bytesOf(demand), 0);
}
