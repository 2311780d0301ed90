import { CairnError } from '../../../errors.ts';
import { hasBit } from '../../../wire/bitmap.ts';
import { minAtTwoCuts } from '../parameters/index.ts';
import type { ClientContext, SessionParameters } from './types.ts';

/**
 * Looks for places at which the ring might be cut in two by the members reported as dropped out. Every client knows the
 * whole ring, so it need not leave this to its neighbours. The complete graph cannot be cut.
 * @param survivors U3, by index
 * @throws CairnError `too-few-members`
 */
export function auditCuts(
  { policy }: Pick<ClientContext, 'policy'>,
  { graph, parameters }: Pick<SessionParameters, 'graph' | 'parameters'>,
  survivors: Uint8Array,
): void {
  const { ring, degree, n } = graph;
  if (ring === undefined) return;
  const least = minAtTwoCuts(parameters, policy);
  const width = degree / 2;
  const stretches = survivorsOn(ring, width, survivors);
  const order = Array.from(stretches.keys()).sort((a, b) => stretches[a]! - stretches[b]!);
  for (let i = 0; i < n && 2 * stretches[order[i]!]! < least; i++) {
    for (let j = i + 1; j < n; j++) {
      const left = stretches[order[i]!]! + stretches[order[j]!]!;
      if (left >= least) break;
      const apart = (order[j]! - order[i]! + n) % n;
      if (apart < width || apart > n - width) continue;
      throw new CairnError(
        'too-few-members',
        `${left} inputs are left at two places of the ring; with fewer than ${least} colluders could cut the sum in two`,
      );
    }
  }
}

/** Number of survivors on the stretch of this width that begins at each position. */
function survivorsOn(ring: Uint32Array, width: number, survivors: Uint8Array): Uint32Array {
  const n = ring.length;
  const at = (position: number): number => (hasBit(survivors, ring[position % n]!) ? 1 : 0);
  const counts = new Uint32Array(n);
  for (let position = 0; position < width; position++) counts[0]! += at(position);
  for (let start = 1; start < n; start++) counts[start] = counts[start - 1]! - at(start - 1) + at(start + width - 1);
  return counts;
}
