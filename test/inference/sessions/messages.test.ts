import { describe, expect, it } from 'vitest';
import { readText } from '../../../inference/sessions/messages.ts';
import { codeOf, thrownBy } from '../../support/thrown.ts';

const READY = { kind: 'ready', left: 3, piece: null };

describe('a text of a session', () => {
  it('is read as it was written', () => {
    expect(readText('ready', JSON.stringify(READY))).toEqual(READY);
  });

  it.each([
    ['no JSON', '{', /the message "ready" is not JSON/],
    ['a list', '[]', /malformed: Invalid input: expected object, received array/],
    [
      'another message',
      JSON.stringify({ ...READY, kind: 'begin' }),
      /malformed at kind: Invalid input: expected "ready"/,
    ],
    ['a number too small', JSON.stringify({ ...READY, left: -1 }), /malformed at left: Too small/],
    [
      'a text for a number',
      JSON.stringify({ ...READY, left: '3' }),
      /at left: Invalid input: expected number, received string/,
    ],
    ['a missing field', JSON.stringify({ kind: 'ready', left: 3 }), /malformed at piece/],
    ['a field more', JSON.stringify({ ...READY, more: 1 }), /malformed: Unrecognized key: "more"/],
  ])('with %s is refused, naming what is wrong', (_, text, message) => {
    expect(codeOf(() => readText('ready', text))).toBe('wire-not-canonical');
    expect((thrownBy(() => readText('ready', text)) as Error).message).toMatch(message);
  });

  it('repeats no more than a line of what a peer has written', () => {
    const text = JSON.stringify({ ...READY, ['x'.repeat(1_000_000)]: 1 });
    expect((thrownBy(() => readText('ready', text)) as Error).message.length).toBeLessThan(400);
  });
});
