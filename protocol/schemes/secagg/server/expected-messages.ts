import { equalBytes } from '../../../crypto/bytes.ts';
import { asCairnError, CairnError } from '../../../errors.ts';
import type { MemberId } from '../../../ids.ts';
import type { MessageHeader, MessageName } from '../../../wire/header.ts';
import { type Collecting, EXPECTED, hasAnswered, isCollecting, isOver } from './members.ts';
import type { ServerState } from './types.ts';

/**
 * Checks a message against its sender and the state by its header alone.
 * @throws CairnError the reason if it is refused: it would change nothing
 */
export function assertTakes(
  state: ServerState,
  from: MemberId,
  { name, suite, context: sent }: MessageHeader,
): asserts state is Collecting {
  const { context } = state;
  if (!context.invited.has(from)) throw new CairnError('member-unknown', `member ${from} is not part of this round`);
  if (isOver(state)) {
    throw new CairnError('session-closed', `received ${name} from member ${from} after the round had ended`);
  }
  if (context.lost.has(from)) throw outOfPlace(name, from, `${state.name}, in which it no longer takes part`);
  if (!isCollecting(state)) throw outOfPlace(name, from, state.name);
  if (name !== EXPECTED[state.name] && name !== 'abort') throw outOfPlace(name, from, state.name);
  const own = name === 'abort' || state.name === 'advertise-keys' ? context.settingsHash : state.facts.sessionId;
  if (!equalBytes(sent, own)) {
    throw new CairnError('session-mismatch', `${name} from member ${from} belongs to another round or session`);
  }
  if (suite !== context.settings.suite) {
    const text = `the round runs suite ${context.settings.suite}, ${name} from member ${from} ${suite}`;
    throw new CairnError('wire-suite', text);
  }
  if (name === 'consistency' && !isWitness(state, from)) {
    throw outOfPlace(name, from, `${state.name}, in which it is not a witness`);
  }
  if (name !== 'abort' && hasAnswered(state, from)) {
    throw new CairnError('message-duplicate', `${name} was already received from member ${from}`);
  }
}

/** Whether a member's signature over the survivor set counts. */
function isWitness(state: Collecting, member: MemberId): boolean {
  if (state.name === 'advertise-keys') return false;
  const { witnesses, indexOf } = state.facts;
  return witnesses.includes(indexOf.get(member)!);
}

/**
 * Why a message with this header would be refused in the current state; undefined if it would be taken, or cost
 * its sender its place. Long messages are checked with this before they arrive.
 */
export function refusalOf(state: ServerState, from: MemberId, header: MessageHeader): CairnError | undefined {
  try {
    assertTakes(state, from, header);
    return undefined;
  } catch (thrown) {
    return asCairnError(thrown);
  }
}

const outOfPlace = (name: MessageName, from: MemberId, where: string): CairnError =>
  new CairnError('wrong-state', `received ${name} from member ${from} while in state ${where}`);
