import { describe, expect, it } from 'vitest';
import { type Evidence, suspectsOf } from '../../coordinator/rounds/suspects.ts';
import type { Drop } from '../../protocol/schemes/secagg/server/types.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';

const COMPLETE = { graph: 'complete', n: 12, degree: 11, threshold: 9, witnesses: 12, quorum: 9 } as const;
const RING = { graph: 'ring', n: 1000, degree: 100, threshold: 67, witnesses: 150, quorum: 110 } as const;

const drop = (
  member: number,
  reason: ErrorCode,
  change: Partial<Record<'blames' | 'owners', number[]>> = {},
): Drop => ({
  member: memberId(member),
  state: 'masked-input',
  reason,
  effect: 'before-input',
  ...(change as object),
});

const blaming = (accuser: number, ...blames: number[]): Drop => drop(accuser, 'share-undecryptable', { blames });
const count = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);

/** Of twelve with γ = 0.25: three may lie. */
function suspects(drops: readonly Drop[], change: Partial<Evidence> = {}): string[] {
  const evidence: Evidence = {
    parameters: COMPLETE,
    colluding: 0.25,
    unmasked: 12,
    drops,
    error: undefined,
    proven: false,
    ...change,
  };
  return suspectsOf(evidence).map(({ member, reason }) => `${member} ${reason}`);
}

describe('members that are blamed', () => {
  it('are at fault when more than may lie say so, and not before', () => {
    const by = (accusers: number): Drop[] => count(accusers).map((accuser) => blaming(accuser, 12));
    expect(suspects(by(3))).toEqual([]);
    expect(suspects(by(4))).toEqual(['12 share-undecryptable']);
  });

  it('are blamed once by each, however often it is repeated', () => {
    expect(suspects([blaming(1, 12), blaming(1, 12), blaming(1, 12), blaming(1, 12)])).toEqual([]);
  });

  it('are innocent if the accuser is in more pairs than there may be liars', () => {
    expect(suspects([blaming(5, 1, 2, 3, 4)])).toEqual(['5 share-undecryptable']);
    expect(suspects([blaming(5, 1, 2, 3)])).toEqual([]);
  });

  it('are judged by their neighbourhood on a ring: fewer than the threshold of it may lie', () => {
    const by = (accusers: number): Drop[] => count(accusers).map((accuser) => blaming(accuser, 900));
    expect(suspects(by(66), { parameters: RING })).toEqual([]);
    expect(suspects(by(67), { parameters: RING })).toEqual(['900 share-undecryptable']);
  });

  it('are blamed for shares that do not open, and for nothing else that an Abort may say', () => {
    const others = count(8).map((accuser) => drop(accuser, 'identity-signature', { blames: [12] }));
    expect(suspects(others)).toEqual([]);
  });

  it('need more than one accuser if no liars are assumed', () => {
    expect(suspects([blaming(1, 12)], { colluding: 0 })).toEqual([]);
    expect(suspects([blaming(1, 12), blaming(2, 12)], { colluding: 0 })).toEqual(['12 share-undecryptable']);
  });
});

describe('faults that show by themselves', () => {
  it.each<ErrorCode>(['identity-signature', 'key-invalid', 'key-duplicate', 'rate-limited'])(
    '%s is its sender’s',
    (code) => {
      expect(suspects([drop(4, code)])).toEqual([`4 ${code}`]);
    },
  );

  const CLASSES: readonly ErrorCode[] = ['app-failed', 'update-refused', 'policy-refused', 'member-left'];

  it.each<ErrorCode>(['deadline-missed', 'wire-bounds', ...CLASSES])('%s is no fault', (code) => {
    expect(suspects([drop(4, code)])).toEqual([]);
  });

  // The class of a reason is the member's own word: by none of them does it get away, or shift its fault to another.
  it.each(CLASSES)('a member whose sealed shares do not open, and that leaves with %s, is still at fault', (code) => {
    const accused = count(4).map((accuser) => blaming(accuser, 12));
    expect(suspects([drop(12, code), ...accused])).toEqual(['12 share-undecryptable']);
    expect(suspects([...accused, drop(12, code, { blames: [1, 2, 3, 4] })])).toEqual(['12 share-undecryptable']);
  });

  it('a false share of the holder’s own secret is the holder’s fault', () => {
    expect(suspects([drop(4, 'share-false', { owners: [4] })])).toEqual(['4 share-false']);
  });

  it('false shares of more owners than may lie are the holder’s, and of one owner by as many holders the owner’s', () => {
    expect(suspects([drop(4, 'share-false', { owners: [1, 2, 3] })])).toEqual([]);
    expect(suspects([drop(4, 'share-false', { owners: [1, 2, 3, 5] })])).toEqual(['4 share-false']);
    const holders = count(4).map((holder) => drop(holder, 'share-false', { owners: [9] }));
    expect(suspects(holders)).toEqual(['9 share-false']);
  });

  it('a secret that its shares do not yield is its owner’s fault, only if as many lies as possible would be repaired', () => {
    const error = { code: 'secret-mismatch', culprits: [7] } as const;
    // (12 − 9) / 2: one lie is repaired, three may be told.
    expect(suspects([], { error })).toEqual([]);
    const parameters = { ...COMPLETE, threshold: 6 };
    expect(suspects([], { error, parameters })).toEqual(['7 secret-mismatch']);
    expect(suspects([], { error, parameters, unmasked: 11 })).toEqual([]);
  });
});
