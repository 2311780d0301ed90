import { describe, expect, it } from 'vitest';
import { Drill } from '../../cli/drill.ts';
import { COLLECTING_STATES } from '../../protocol/rounds/states.ts';
import type { ParticipationEvent } from '../../client/index.ts';
import { type MessageName, MESSAGE_TYPES } from '../../protocol/wire/header.ts';

/** How often a drill would have hung, over all messages that a client can send in a round. */
function hangsIn(point: ConstructorParameters<typeof Drill>[0], round: number, measures: boolean): MessageName[] {
  const hangs: MessageName[] = [];
  let sending: MessageName = 'hello';
  const drill = new Drill(point, () => void hangs.push(sending));
  const of = { task: 'toy', round };
  drill.tell({ ...of, kind: 'invited', adversary: 'active', ...(measures ? { measures } : {}) });
  for (const message of Object.keys(MESSAGE_TYPES) as MessageName[]) {
    sending = message;
    const event: ParticipationEvent = { ...of, kind: 'sent', message, bytes: 1 };
    drill.tell(event);
  }
  return hangs;
}

describe('a fault drill', () => {
  it('hangs before the message of its state, and before no other', () => {
    expect(COLLECTING_STATES.map((state) => hangsIn({ state }, 7, false))).toEqual([
      ['advertiseKeys'],
      ['shareKeys'],
      ['maskedInput'],
      ['consistency'],
      ['unmaskShares'],
    ]);
  });

  it('lets other rounds pass, and attempts that only measure', () => {
    expect(hangsIn({ state: 'masked-input', round: 2 }, 2, false)).toHaveLength(1);
    expect(hangsIn({ state: 'masked-input', round: 2 }, 1, false)).toEqual([]);
    expect(hangsIn({ state: 'masked-input' }, 1, true)).toEqual([]);
  });
});
