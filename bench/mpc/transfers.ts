import { nodePermutation } from '../../protocol/crypto/node/index.ts';
import { type Prg, runPair } from '../../protocol/mpc/index.ts';
import {
  correlatedReceiver,
  correlatedSender,
  type ExtensionReceiver,
  setUpReceiver,
  setUpSender,
} from '../../protocol/mpc/transfer/index.ts';
import type { BlockSpeed } from '../schema.ts';
import { grouped } from '../support/table.ts';
import { drive } from './drive.ts';
import type { Meter } from './meter.ts';

/** Base transfers of a setup. */
const BASE = 128;

/** Base transfers, and their extension: each side alone, and both in one thread. */
export function benchTransfers(meter: Meter, prg: Prg, count: number): BlockSpeed[] {
  const setUp = () => runPair(setUpSender(prg), setUpReceiver(prg), nodePermutation).results;
  const [sender, receiver] = setUp();
  const choices = prg.bytes(Math.ceil(count / 8));
  const receive = (from: ExtensionReceiver) => correlatedReceiver(from, choices, count);
  const name = `correlated OT (IKNP), ${grouped(count)}`;
  return [
    meter.speed(`base OT on ristretto255, ${BASE}, both sides`, 'OT', BASE, () => void setUp()),
    meter.speed(`${name}, receiver`, 'OT', count, () => void drive(receive(receiver), nodePermutation)),
    meter.speed(`${name}, sender`, 'OT', count, () => void drive(correlatedSender(sender, count), nodePermutation)),
    both(meter, `${name}, both sides in one thread`, count, setUp, choices),
  ];
}

function both(
  meter: Meter,
  name: string,
  amount: number,
  setUp: () => readonly [Parameters<typeof correlatedSender>[0], ExtensionReceiver],
  choices: Uint8Array,
): BlockSpeed {
  const [sender, receiver] = setUp();
  return meter.speed(name, 'OT', amount, () => {
    const parties = [correlatedSender(sender, amount), correlatedReceiver(receiver, choices, amount)] as const;
    runPair(...parties, nodePermutation);
  });
}
