import { stateTaking } from '../../protocol/rounds/states.ts';
import type { MessageName } from '../../protocol/wire/header.ts';
import type { SendingState } from '../events.ts';
import type { Hold } from '../options.ts';

/** The state at which a fault drill stops the client, if it is this message's; otherwise undefined. */
export function heldState(hold: Hold | undefined, round: number, message: MessageName): SendingState | undefined {
  const state = stateTaking(message);
  if (hold === undefined || state !== hold.state) return undefined;
  return hold.round === undefined || hold.round === round ? state : undefined;
}
