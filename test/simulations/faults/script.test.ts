import { describe, expect, it } from 'vitest';
import { type CairnError } from '../../../protocol/errors.ts';
import { readFaults } from '../../../simulations/faults/script.ts';
import { thrownBy } from '../../support/thrown.ts';

const refusal = (script: unknown): string => {
  const error = thrownBy(() => readFaults(script)) as CairnError;
  expect(error.code).toBe('settings-invalid');
  return error.message;
};

describe('a script of faults', () => {
  it('is read whole, with what was left out', () => {
    expect(readFaults([{ kind: 'drop', share: 0.1 }])).toEqual([
      { kind: 'drop', share: 0.1, state: 'masked-input', noticed: 'connection' },
    ]);
    expect(readFaults([{ kind: 'partition', state: 'unmasking', seconds: { uniform: [1, 2] } }])).toEqual([
      { kind: 'partition', state: 'unmasking', after: 0, seconds: { uniform: [1, 2] } },
    ]);
  });

  it.each([
    [[{ kind: 'drop' }, { kind: 'drop', share: 1.5 }], 'faults[1].share: expected at most 1, but it is 1.5'],
    [[{ kind: 'drop', state: 'masked' }], 'faults[0].state: expected one of "advertise-keys"'],
    [[{ kind: 'vanish' }], 'faults[0].kind'],
    [[{ kind: 'delay' }], 'faults[0].seconds: expected seconds from 0'],
    [[{ kind: 'delay', seconds: { gauss: 1 } }], 'faults[0].seconds: expected seconds from 0'],
    [[{ kind: 'drop', share: 0.1, members: [1] }], 'faults[0].share: cannot be combined with "members"'],
    [[{ kind: 'drop', state: 'each' }], 'faults[0].state: "each" needs a "probability"'],
    [[{ kind: 'corrupt', bit: 3 }], 'faults[0]: '],
    [{ kind: 'drop' }, 'faults: '],
    ['drop', 'faults: '],
  ])('is refused with the place at fault: %j', (script, message) => {
    expect(refusal(script)).toContain(message);
  });
});
