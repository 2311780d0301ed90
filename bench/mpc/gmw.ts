import { nodePermutation } from '../../protocol/crypto/node/index.ts';
import { inputWires, rectifyCircuit } from '../../protocol/mpc/circuits/index.ts';
import { correctedSide, corrections, seededSide, SEED_BYTES, WeightMasks } from '../../protocol/mpc/dealer/index.ts';
import { gmw, rectify, rectifyDemands } from '../../protocol/mpc/gmw/index.ts';
import { type Prg, rowWords, type Slices, runPair } from '../../protocol/mpc/index.ts';
import { ring32, ring64, split, type Ring, type Words } from '../../protocol/mpc/sharing/index.ts';
import type { BlockSpeed } from '../schema.ts';
import { grouped } from '../support/table.ts';
import { drive } from './drive.ts';
import type { Meter } from './meter.ts';

/** Fraction bits that a ReLU takes away again. */
const SHIFT = 12;

/** ANDs of one party, and ReLUs with an exact shift between two parties in one thread. */
export function benchGmw(meter: Meter, prg: Prg, lanes: number, values: readonly number[]): BlockSpeed[] {
  return [
    ands(meter, prg, lanes),
    ...values.map((count) => rectified(meter, prg, ring32, count)),
    ...values.map((count) => rectified(meter, prg, ring64, count)),
  ];
}

function ands(meter: Meter, prg: Prg, lanes: number): BlockSpeed {
  const circuit = rectifyCircuit(32, SHIFT);
  const shares = drawn(prg, inputWires(circuit), lanes);
  const rows = (): Slices => drawn(prg, circuit.ands, lanes);
  return meter.speedOf({
    name: `GMW, ReLU of 32 bits on ${grouped(lanes)} lanes, one party`,
    unit: 'AND',
    amount: circuit.ands * lanes,
    // Any bits will do: what the other party would open is not looked at.
    prepare: () => ({ a: rows(), b: rows(), c: rows() }),
    run: (triples) => void drive(gmw(circuit, 0, shares, triples), nodePermutation),
  });
}

function rectified<W extends Words>(meter: Meter, prg: Prg, ring: Ring<W>, count: number): BlockSpeed {
  const demands = rectifyDemands(ring.bits, count, SHIFT);
  const [first, second] = split(ring, ring.draw(prg, count), prg);
  const masks = new WeightMasks({});
  return meter.speedOf({
    name: `ReLU and shift of ${ring.bits} bits, ${grouped(count)} values, both parties in one thread`,
    unit: 'value',
    amount: count,
    prepare: () => {
      const [seeded, corrected] = [prg.bytes(SEED_BYTES), prg.bytes(SEED_BYTES)];
      const told = corrections(demands, seeded, corrected, masks);
      return [seededSide(demands, seeded), correctedSide(demands, corrected, told)] as const;
    },
    run: ([seeded, corrected]) => {
      const parties = [rectify(ring, 0, first, seeded, SHIFT), rectify(ring, 1, second, corrected, SHIFT)] as const;
      runPair(...parties, nodePermutation);
    },
  });
}

function drawn(prg: Prg, rows: number, lanes: number): Slices {
  const stride = rowWords(lanes);
  return { rows, lanes, stride, words: prg.words(rows * stride) };
}
