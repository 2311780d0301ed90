import { nodePermutation } from '../../protocol/crypto/node/index.ts';
import { CircuitBuilder, multiply, type Circuit, wiresOf } from '../../protocol/mpc/circuits/index.ts';
import {
  type EvaluatorState,
  evaluatorFinish,
  evaluatorPrepare,
  garble,
  garblerFinish,
  type Scheme,
} from '../../protocol/mpc/garbling/index.ts';
import { type Prg, type Slices, zeroSlices, type Party, runPair } from '../../protocol/mpc/index.ts';
import type { CorrelatedReceiver, CorrelatedSender } from '../../protocol/mpc/transfer/index.ts';
import type { BlockSpeed } from '../schema.ts';
import { grouped } from '../support/table.ts';
import { drive, replayed } from './drive.ts';
import type { Meter } from './meter.ts';

/** Every way of garbling. */
const SCHEMES: readonly Scheme[] = ['half-gates', 'three-halves'];

/** Garbling and evaluating products of 32 bits, each side alone, on several numbers of lanes. */
export function benchGarbling(meter: Meter, prg: Prg, lanes: readonly number[]): BlockSpeed[] {
  const circuit = productCircuit(32);
  return SCHEMES.flatMap((scheme) => lanes.flatMap((count) => benchLanes(meter, prg, circuit, scheme, count)));
}

function productCircuit(bits: number): Circuit {
  const builder = new CircuitBuilder();
  const [x, y] = [builder.input('x', bits, 0), builder.input('y', bits, 1)];
  return builder.build(`product ${bits}`, multiply(builder, x, y, 2 * bits, 'unsigned', 'few'));
}

function benchLanes(meter: Meter, prg: Prg, circuit: Circuit, scheme: Scheme, lanes: number): BlockSpeed[] {
  const count = wiresOf(circuit, 1).length * lanes;
  const own = zeroSlices(wiresOf(circuit, 1).length, lanes);
  const name = (what: string): string => `${scheme}, ${what}, ${grouped(lanes)} lanes`;
  const common = { unit: 'AND', amount: circuit.ands * lanes };
  const recorded = record(prg, circuit, scheme, own);
  return [
    meter.speedOf({
      ...{ name: name('garble'), ...common },
      prepare: () => transfersOf(prg, count)[0],
      run: (transfers) => {
        drive(garble(circuit, lanes, { transfers, prg, scheme }), nodePermutation).wipe();
      },
    }),
    meter.speedOf({
      ...{ name: name('evaluate'), ...common },
      prepare: recorded.prepare,
      run: (state) => void drive(evaluatorFinish(state, 'evaluator'), nodePermutation, replayed(recorded.online)),
    }),
  ];
}

/** A run of both sides once, which the evaluator can then repeat alone. */
function record(
  prg: Prg,
  circuit: Circuit,
  scheme: Scheme,
  own: Slices,
): { readonly prepare: () => EvaluatorState; readonly online: readonly Uint8Array[] } {
  const { lanes } = own;
  const [sender, receiver] = transfersOf(prg, own.rows * lanes);
  const copy = (): CorrelatedReceiver => ({ choices: receiver.choices.slice(), labels: receiver.labels.slice() });
  const evaluator = (): Party<EvaluatorState> => evaluatorPrepare(circuit, lanes, { transfers: copy(), own, scheme });
  const offline = runPair(garble(circuit, lanes, { transfers: sender, prg, scheme }), evaluator(), nodePermutation);
  const [garbled, prepared] = offline.results;
  const garblers = zeroSlices(wiresOf(circuit, 0).length, lanes);
  const online = runPair(
    garblerFinish(garbled, garblers, 'evaluator'),
    evaluatorFinish(prepared, 'evaluator'),
    nodePermutation,
  );
  return {
    prepare: () => drive(evaluator(), nodePermutation, replayed(offline.received[1])),
    online: online.received[1],
  };
}

/** Correlated transfers as a dealer gives them, all with choice 0. */
function transfersOf(prg: Prg, count: number): readonly [CorrelatedSender, CorrelatedReceiver] {
  const delta = prg.bytes(16);
  delta[0]! |= 1;
  const zeros = prg.bytes(16 * count);
  return [
    { delta, zeros },
    { choices: new Uint8Array(Math.ceil(count / 8)), labels: zeros.slice() },
  ];
}
