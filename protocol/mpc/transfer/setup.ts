import { CairnError } from '../../errors.ts';
import type { Prg } from '../prg.ts';
import { exchange, type Party, receive, send } from '../turn.ts';
import { BaseSender, POINT_BYTES, receiveBase } from './base.ts';
import { COLUMNS, ExtensionReceiver, ExtensionSender } from './extension.ts';
import { LABEL_BYTES } from './types.ts';

/**
 * The base transfers of one extension or of one in each direction: done once, and then any number of transfers follows.
 */

/** Bytes of all answers of the base transfers of a setup. */
const ANSWERS = POINT_BYTES * COLUMNS;

/**
 * Sets up the sender of transfers. It chooses in the base transfers, by the bits of its delta.
 * @param delta 16 bytes whose lowest bit is 1, copied; drawn if left out
 * @throws CairnError `key-invalid` for another delta, or if the other side sends what is not a point
 */
export function* setUpSender(prg: Prg, delta = drawDelta(prg)): Party<ExtensionSender> {
  const chosen = checkedDelta(delta);
  const opening = yield* receive(POINT_BYTES);
  const { answers, keys, session } = receiveBase(opening, chosen, COLUMNS, prg);
  yield* send(answers);
  return new ExtensionSender(chosen, keys, session);
}

/**
 * Sets up the receiver of transfers.
 * @throws CairnError `key-invalid` if the other side sends what is not a point
 */
export function* setUpReceiver(prg: Prg): Party<ExtensionReceiver> {
  const base = new BaseSender(prg);
  const answers = yield* exchange(base.opening, ANSWERS);
  const { pairs, session } = base.finish(answers);
  return new ExtensionReceiver(pairs, session);
}

/** A party that sends in one extension and receives in another. */
export interface BothWays {
  readonly sender: ExtensionSender;
  readonly receiver: ExtensionReceiver;
}

/**
 * Sets up both directions at once, in the two trips of one; both parties run this.
 * @throws CairnError `key-invalid` as {@link setUpSender}
 */
export function* setUpBothWays(prg: Prg, delta = drawDelta(prg)): Party<BothWays> {
  const chosen = checkedDelta(delta);
  const base = new BaseSender(prg);
  const opening = yield* exchange(base.opening, POINT_BYTES);
  const own = receiveBase(opening, chosen, COLUMNS, prg);
  const { pairs, session } = base.finish(yield* exchange(own.answers, ANSWERS));
  return {
    sender: new ExtensionSender(chosen, own.keys, own.session),
    receiver: new ExtensionReceiver(pairs, session),
  };
}

/** A uniform delta whose lowest bit is 1, so that the two labels of a transfer differ there. */
function drawDelta(prg: Prg): Uint8Array {
  const delta = prg.bytes(LABEL_BYTES);
  delta[0]! |= 1;
  return delta;
}

function checkedDelta(delta: Uint8Array): Uint8Array {
  if (delta.length === LABEL_BYTES && (delta[0]! & 1) === 1) return delta.slice();
  throw new CairnError('key-invalid', `a delta has ${LABEL_BYTES} bytes, and its lowest bit is 1`);
}
