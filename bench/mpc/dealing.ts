import { compile, demandsOf, NetworkBuilder, type Network } from '../../inference/index.ts';
import { correctedSide, corrections, seededSide, SEED_BYTES, WeightMasks } from '../../protocol/mpc/dealer/index.ts';
import type { Prg } from '../../protocol/mpc/index.ts';
import type { BlockSpeed } from '../schema.ts';
import type { Meter } from './meter.ts';

/** Dealing pieces for network A with ReLU (784-128-128-10), by the batch: what the dealer does, and what each side does. */
export function benchDealing(meter: Meter, prg: Prg, batches: readonly number[]): BlockSpeed[] {
  const { plan } = compile(networkA(prg), { system: 'chameleon', fraction: 8 });
  const masks = new WeightMasks({ corrected: prg.bytes(SEED_BYTES) });
  return batches.flatMap((batch) => {
    const demands = demandsOf(plan, batch);
    const [seeded, corrected] = [prg.bytes(SEED_BYTES), prg.bytes(SEED_BYTES)];
    const told = corrections(demands, seeded, corrected, masks);
    const name = (what: string): string => `piece of A with ReLU, batch ${batch}, ${what}`;
    return [
      meter.speed(name('dealer'), 'piece', 1, () => void corrections(demands, seeded, corrected, masks)),
      meter.speed(name('seeded side'), 'piece', 1, () => seededSide(demands, seeded).wipe()),
      meter.speed(name('corrected side'), 'piece', 1, () => correctedSide(demands, corrected, told).wipe()),
    ];
  });
}

/** With weights at random: a piece depends on shapes alone. */
function networkA(prg: Prg): Network {
  const builder = new NetworkBuilder([784], [0, 1]);
  for (const units of [128, 128, 10]) {
    const [inputs] = builder.shape;
    const scale = 2 ** -31 / Math.sqrt(inputs);
    const values = Float32Array.from(prg.words(inputs * units), (word) => scale * (word | 0));
    if (inputs !== 784) builder.elementwise(builder.labelOf('relu'), 'relu');
    builder.dense(builder.labelOf('dense'), { shape: [inputs, units], values }, undefined);
  }
  return builder.build([]);
}
