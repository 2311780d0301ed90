import type { Prg } from '../prg.ts';
import { mapSizes } from '../sharing/linear-map.ts';
import type { Words } from '../sharing/types.ts';
import type { DealtKind } from './dealt-kind.ts';
import { ringOf } from '../sharing/index.ts';
import type { LinearDemand, LinearPart } from './types.ts';
import { wipe } from './wipe.ts';

const drawInputs = ({ bits, batch, map }: LinearDemand, prg: Prg): Words =>
  ringOf(bits).draw(prg, batch * mapSizes(map).inputs);

/**
 * Products of a fixed masked linear map (SecureML §3.2 and §4 for both sides sharing the weights; Chameleon §3.1 for an
 * owner that knows them). The correction is map(B, A) − C₀: C₀ is uniform and the seeded side's alone, so the correction
 * tells the corrected side nothing of A, and in the two-sided form nothing of the other side's share of B. The seeded
 * side is told nothing, so it knows nothing of B beyond its own share.
 */
export const dealtLinear: DealtKind<LinearDemand, LinearPart, { readonly a: Words | undefined }> = {
  seeded: (demand, prg) => ({
    a: drawInputs(demand, prg),
    c: ringOf(demand.bits).draw(prg, demand.batch * mapSizes(demand.map).outputs),
  }),
  own: (demand, prg) => ({ a: demand.form === 'two-sided' ? drawInputs(demand, prg) : undefined }),
  correction(demand, seeded, own, masks) {
    const ring = ringOf(demand.bits);
    // The seeded side has a share of A in both forms.
    const ofSeeded = seeded.a!;
    const inputs = own.a === undefined ? ofSeeded : ring.add(ofSeeded, own.a);
    const products = ring.apply(demand.map, masks.of(demand), inputs, demand.batch);
    ring.subtractInto(products, seeded.c);
    const bytes = ring.toBytes(products);
    wipe(products);
    if (own.a !== undefined) wipe(inputs);
    return bytes;
  },
  complete: (demand, own, correction) => ({ a: own.a, c: ringOf(demand.bits).fromBytes(correction) }),
};
