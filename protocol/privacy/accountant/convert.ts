import { CairnError } from '../../errors.ts';
import type { Mechanism } from './mechanisms.ts';
import { sampledDivergences } from './sampling.ts';

function defaultOrders(): number[] {
  const orders = [1.01, 1.02, 1.05];
  for (let tenths = 11; tenths < 110; tenths++) orders.push(tenths / 10);
  for (let order = 11; order <= 64; order++) orders.push(order);
  orders.push(72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024);
  for (let power = 1024; power < 65_536; power *= 2) orders.push(power * 1.5, power * 2);
  return orders;
}

/**
 * Orders at which divergences are tracked, ascending: fine where large epsilons have their best order, coarse above. A
 * small ε has its best order near 2·ln(1/δ)/ε, and no ε below about ln(1/δ) over the last order can be shown: with
 * orders up to 1024, as in earlier versions, no noise at all kept an ε of 0.005 with a δ of 10^−6.
 */
export const ORDERS: readonly number[] = defaultOrders();

/**
 * What a round costs: a bound on its Rényi divergence at each of {@link ORDERS}. Rounds of equal noise cost the same.
 * @param rate probability with which each client takes part, 1 if taking part is not secret
 * @throws CairnError `settings-invalid` for a rate outside [0, 1], and for one in between when the noise reveals who
 * took part
 */
export function roundCost(mechanism: Mechanism, rate: number): Float64Array {
  if (!(rate >= 0 && rate <= 1)) {
    throw new CairnError('settings-invalid', `the sampling rate must lie between 0 and 1, but is ${rate}`);
  }
  if (rate > 0 && rate < 1 && mechanism.noise !== 'gaussian' && !mechanism.constant) {
    throw new CairnError('settings-invalid', 'sampling hides no client if the noise depends on who takes part', {
      hint: 'let the coordinator top the noise up to that of all clients (fillNoise), or use a rate of 1',
    });
  }
  const sampled = sampledDivergences(mechanism, rate);
  return Float64Array.from(ORDERS, sampled);
}

/**
 * The smallest ε for which a δ holds, over all orders: ε(α) + ln((α − 1)/α) − (ln δ + ln α)/(α − 1) (Canonne, Kamath &
 * Steinke 2020, proposition 12; Balle et al. 2020). Add the divergences of several rounds first.
 * @param divergences one for each of {@link ORDERS}
 * @throws CairnError `settings-invalid` for a δ outside (0, 1)
 */
export function epsilonOf(divergences: ArrayLike<number>, delta: number): number {
  if (!(delta > 0 && delta < 1)) {
    throw new CairnError('settings-invalid', `delta must lie between 0 and 1, but is ${delta}`);
  }
  let least = Infinity;
  for (const [i, order] of ORDERS.entries()) {
    const epsilon = divergences[i]! + Math.log((order - 1) / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    least = Math.min(least, epsilon);
  }
  return Math.max(0, least);
}
