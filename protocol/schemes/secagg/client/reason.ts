import { CairnError, type ErrorCode } from '../../../errors.ts';
import type { ClientPolicy } from './types.ts';

/**
 * Refusals that the coordinator acts on when it seats members again from the same model. They say only that this client
 * holds an input, a set or a count of that model, which follows from what it sent before.
 */
const SEATING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cohort-too-similar',
  'input-changed',
  'repeat-refused',
  'rebase-refused',
]);

/**
 * Refusals that the coordinator is told word for word. They follow from the settings, the cohort and the client's own
 * limits, and say nothing about its data or its training. No app can cause one: see `ofApp`.
 */
const TOLD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...SEATING,
  'policy-task',
  'adversary-too-weak',
  'cohort-too-small',
  'policy-threshold',
  'policy-rounds-per-day',
  'policy-noise',
  'round-superseded',
  'privacy-budget',
  'privacy-noise',
  'directory-mismatch',
  'directory-expired',
  'directory-rolled-back',
  'directory-signature',
]);

/**
 * Reasons of which the coordinator is told the code and no words: faults in what it sent, which its operator can
 * correct, and a lost memory, whose words name files of this machine.
 */
const BY_CODE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'memory-lost',
  'settings-invalid',
  'threshold-unsound',
  'overflow-budget',
  'privacy-infeasible',
  'no-feasible-graph',
  'model-hash',
  'model-malformed',
]);

/** Of other reasons the coordinator is told only the class. A code that is not here is `member-left`. */
const CLASS_OF: Partial<Record<ErrorCode, ErrorCode>> = {
  'app-failed': 'app-failed',
  'tensor-shape': 'app-failed',
  'data-missing': 'app-failed',
  'data-malformed': 'app-failed',
  'update-shape': 'update-refused',
  'update-not-finite': 'update-refused',
  'data-empty': 'update-refused',
  // The memory of its rounds, and the identity file beside it.
  'config-invalid': 'policy-refused',
  'config-unreadable': 'policy-refused',
  'folder-unwritable': 'policy-refused',
  'key-file-mode': 'policy-refused',
  'lock-lost': 'policy-refused',
};

const withoutWords = (code: ErrorCode): CairnError => new CairnError(code, 'the client left the round');

type Telling = Pick<ClientPolicy, 'tellReason'>;

/**
 * What the coordinator is told about why a client ends a round from its side: the class of the reason as a code, or, if
 * that follows from settings and limits alone, the reason itself. The words of an app, of a file or about an update are
 * never sent: they may reveal data. A client whose policy tells no reasons says `member-left`, unless its memory of the
 * model conflicts with the cohort: without that code the same members would be asked in vain again and again.
 */
export function leavingReason(error: CairnError, { tellReason = true }: Telling): CairnError {
  const { code } = error;
  if (!tellReason) return withoutWords(SEATING.has(code) ? code : 'member-left');
  if (TOLD.has(code)) return error;
  return withoutWords(BY_CODE.has(code) ? code : (CLASS_OF[code] ?? 'member-left'));
}

/**
 * The same for what a session refuses by itself. What it says about the coordinator's or other members' messages stays
 * as it is: it names the party at fault, and nothing of this client.
 */
export function refusalReason(error: CairnError, policy: Telling): CairnError {
  const { tellReason = true } = policy;
  return !tellReason && TOLD.has(error.code) ? leavingReason(error, policy) : error;
}
