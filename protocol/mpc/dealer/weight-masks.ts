import { CairnError } from '../../errors.ts';
import { Prg } from '../prg.ts';
import { mapSizes } from '../sharing/linear-map.ts';
import type { Words } from '../sharing/types.ts';
import { SEED_BYTES } from './demand.ts';
import { ringOf } from '../sharing/index.ts';
import type { LinearDemand, Side } from './types.ts';
import { wipe } from './wipe.ts';

/**
 * A side's share of B, the mask of a layer's weights, from its mask seed; in the one-sided form B itself, on the
 * corrected side. It is the same for every piece under that seed, since W − B is opened once. So a mask seed serves one
 * set of weights and no other: W − B and W′ − B together tell W′ − W to a party that sees both.
 * @param maskSeed 32 bytes, used for nothing else
 * @throws CairnError `key-invalid` for a seed of another length
 */
export function weightMask(
  maskSeed: Uint8Array,
  { layer, map, bits }: Omit<LinearDemand, 'batch' | 'form' | 'kind'>,
): Words {
  const keys = new Prg(maskSeed);
  const drawn = keys.bytes((layer + 1) * SEED_BYTES);
  const prg = new Prg(drawn.subarray(layer * SEED_BYTES));
  try {
    return ringOf(bits).draw(prg, mapSizes(map).weights);
  } finally {
    drawn.fill(0);
    keys.wipe();
    prg.wipe();
  }
}

/** The mask seeds of both sides; a side that masks no weights has none. */
export type MaskSeeds = Readonly<Partial<Record<Side, Uint8Array>>>;

/** What the dealer knows of B: made once for all pieces of one pair, since it is drawn once. */
export class WeightMasks {
  readonly #seeds: MaskSeeds;
  readonly #masks = new Map<string, Words>();

  /** @param seeds copied */
  constructor(seeds: MaskSeeds) {
    this.#seeds = Object.fromEntries(Object.entries(seeds).map(([side, seed]) => [side, seed.slice()]));
  }

  /**
   * B of a layer.
   * @throws CairnError `dealt-mismatch` if a side that masks weights has no mask seed
   */
  of(demand: LinearDemand): Words {
    const { form, layer, map, bits } = demand;
    const key = JSON.stringify([form, layer, bits, map]);
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const mask = weightMask(this.#seed('corrected'), demand);
    if (form === 'two-sided') {
      const other = weightMask(this.#seed('seeded'), demand);
      ringOf(bits).addInto(mask, other);
      wipe(other);
    }
    this.#masks.set(key, mask);
    return mask;
  }

  /** Zeroes seeds and masks. */
  wipe(): void {
    wipe(this.#seeds);
    for (const mask of this.#masks.values()) wipe(mask);
    this.#masks.clear();
  }

  #seed(side: Side): Uint8Array {
    const seed = this.#seeds[side];
    if (seed !== undefined) return seed;
    throw new CairnError('dealt-mismatch', `the ${side} side masks weights, and gave no seed for their masks`);
  }
}
