import type { Prg } from '../../protocol/mpc/index.ts';
import { type LinearMap, mapSizes, type Ring, ring32, ring64, type Words } from '../../protocol/mpc/sharing/index.ts';
import type { BlockSpeed } from '../schema.ts';
import type { Meter } from './meter.ts';

const DENSE: LinearMap = { kind: 'dense', inputs: 784, outputs: 128 };

/** The first layer of Chameleon's network. */
const CONVOLUTION: LinearMap = {
  ...{ kind: 'convolution', channels: 1, height: 28, width: 28 },
  ...{ filters: 5, size: 5, stride: 2, padding: 2 },
};

/** Products of matrices and convolutions in both rings, by the batch. */
export function benchProducts(meter: Meter, prg: Prg, batches: readonly number[]): BlockSpeed[] {
  return [...inRing(ring32, meter, prg, batches), ...inRing(ring64, meter, prg, batches)];
}

function inRing<W extends Words>(ring: Ring<W>, meter: Meter, prg: Prg, batches: readonly number[]): BlockSpeed[] {
  const maps = [
    { name: 'matrix product 784 × 128', map: DENSE },
    { name: 'convolution 5 of 5 × 5', map: CONVOLUTION },
  ];
  return maps.flatMap(({ name, map }) => {
    const { inputs, weights: count, products } = mapSizes(map);
    const weights = ring.draw(prg, count);
    const prepared = ring.prepare([{ map, weights }]);
    const speeds = batches.flatMap((batch) => {
      const x = ring.draw(prg, batch * inputs);
      const title = `${name} mod 2^${ring.bits}, batch ${batch}`;
      return [
        meter.speed(title, 'MAC', batch * products, () => void ring.apply(map, weights, x, batch)),
        meter.speed(`${title}, weights kept`, 'MAC', batch * products, () => void prepared.maps[0]!.apply(x, batch)),
      ];
    });
    prepared.wipe();
    return speeds;
  });
}
