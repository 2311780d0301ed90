import { describe, expect, it } from 'vitest';
import { leavingReason, refusalReason } from '../../protocol/schemes/secagg/client/reason.ts';
import { explanation } from '../../cli/io.ts';
import { CairnError, ERROR_CODES, type ErrorCode } from '../../protocol/errors.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
const SECRET = 'patient Alice, /home/alice/ward-3.csv';
const CLASSES: readonly ErrorCode[] = ['app-failed', 'update-refused', 'policy-refused', 'member-left'];

/** Codes without which a coordinator would ask the same members in vain. */
const SEATING: readonly ErrorCode[] = ['cohort-too-similar', 'input-changed', 'repeat-refused', 'rebase-refused'];

/** Refusals whose words come from the settings and the policy alone, by which an operator can mend a task. */
const IN_WORDS: readonly ErrorCode[] = [
  ...SEATING,
  ...(['policy-task', 'adversary-too-weak', 'cohort-too-small', 'policy-threshold', 'policy-noise'] as const),
  ...(['policy-rounds-per-day', 'round-superseded', 'privacy-budget', 'privacy-noise'] as const),
  ...(['directory-mismatch', 'directory-expired', 'directory-rolled-back', 'directory-signature'] as const),
];

describe('what a coordinator hears of why a client leaves', () => {
  it.each(CODES)('has no words but those of a limit: %s', (code) => {
    const told = leavingReason(new CairnError(code, SECRET), {});
    expect(told.message === SECRET).toBe(IN_WORDS.includes(code));
    if (!IN_WORDS.includes(code)) expect(told.message).toBe('the client left the round');
  });

  // `member-left` for a thrown error, a wrong shape, NaN and no data: the operator did not know whom to ask.
  it.each<[ErrorCode, ErrorCode]>([
    ['app-failed', 'app-failed'],
    ['data-missing', 'app-failed'],
    ['tensor-shape', 'app-failed'],
    ['update-shape', 'update-refused'],
    ['update-not-finite', 'update-refused'],
    ['data-empty', 'update-refused'],
    ['folder-unwritable', 'policy-refused'],
    ['lock-lost', 'policy-refused'],
    ['settings-invalid', 'settings-invalid'],
    ['memory-lost', 'memory-lost'],
    ['unreachable', 'member-left'],
    ['internal', 'member-left'],
  ])('is the class of its reason: %s is %s', (code, told) => {
    expect(leavingReason(new CairnError(code, SECRET), { tellReason: true }).code).toBe(told);
  });

  it.each(CODES)('is that it left, under a policy that tells no reasons, or what it is seated by: %s', (code) => {
    const told = leavingReason(new CairnError(code, SECRET), { tellReason: false });
    expect(told.code).toBe(SEATING.includes(code) ? code : 'member-left');
    expect(told.message).toBe('the client left the round');
  });

  it('is whose fault it is, under any policy, where a session refuses what others sent', () => {
    const error = new CairnError('share-undecryptable', 'the share of member 4 does not open', { culprits: [4] });
    expect(refusalReason(error, { tellReason: false })).toBe(error);
    const limit = new CairnError('policy-threshold', 'two shares open a secret');
    expect(refusalReason(limit, {})).toBe(limit);
    expect(refusalReason(limit, { tellReason: false }).code).toBe('member-left');
  });

  it.each(CLASSES)('is explained by cairn explain: %s', (code) => {
    const text = explanation(code)!;
    expect(text).toContain(code);
    expect(text).toContain(ERROR_CODES[code].hint);
    // It used to say "a member’s connection ended" of every reason.
    expect(text).not.toMatch(/^member-left: a member’s connection ended$/m);
  });
});
