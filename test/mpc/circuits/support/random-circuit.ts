import { type Circuit, CircuitBuilder, type Wire } from '../../../../protocol/mpc/circuits/index.ts';
import { testRandom } from './words.ts';

/** A circuit of random gates, most of whose operands are recent wires, so that it is deep; some outputs are inputs. */
export function randomCircuit(seed: bigint, gates: number): Circuit {
  const random = testRandom(seed);
  const builder = new CircuitBuilder();
  const wires: Wire[] = [...builder.input('x', 7, 0), ...builder.input('y', 6, 1)];
  const pick = (): Wire => {
    const back =
      Number(random(2)) === 0 ? Number(random(30)) % wires.length : Number(random(30)) % Math.min(20, wires.length);
    return wires[wires.length - 1 - back]!;
  };
  for (let gate = 0; gate < gates; gate++) {
    const [a, b] = [pick(), pick()];
    const made = [builder.xor(a, b), builder.and(a, b), builder.not(a), builder.mux(a, b, pick())];
    wires.push(made[Number(random(2))]!);
  }
  return builder.build(`random ${seed}`, [...Array.from({ length: 20 }, pick), wires[2]!, builder.one]);
}
