import { asCairnError, CairnError } from '../../../errors.ts';
import type { FalseDealing } from '../messages/false-dealing.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { accusedBy, type DealingAbout, type ProvenDealing, verifyFalseDealing } from '../false-dealing.ts';
import { refuseMessage, unchanged } from './result.ts';
import type { ClientContext, ClientState, ClientStep } from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/**
 * A proof that a member of the signed set dealt falsely. If it holds, the session regards that member as proven from
 * then on, and takes a roster and a survivor set without it; the driver records the event for later sessions.
 *
 * A proof about a member that is already proven is ignored, and does not count: a coordinator sends all of them again
 * to a client that reconnects. Their number is bounded like that of any refused message: by the deadline of this state,
 * and by what the coordinator can send until then. Each costs some hashes. The others cost a signature check for each
 * share, so no more than six of them are checked before one roster, those that do not hold included: these are refused,
 * and only the count goes up.
 * @throws CairnError `false-dealing-refused` if nothing is on record that a proof could be about, or for one too many
 */
export function onFalseDealing(state: In<'advertise-keys'>, { dealt }: FalseDealing): ClientStep {
  const { context, proofs } = state;
  const { primitives, self, settings, policy, history } = context;
  const signed = history?.record?.signed;
  if (signed === undefined || self.directory === undefined) {
    throw new CairnError(
      'false-dealing-refused',
      'this client has not signed a set from this model that a proof could be about',
    );
  }
  const accused = accusedBy(dealt, { primitives, signed });
  if (accused !== undefined && signed.proven.includes(accused)) return unchanged(state);
  if (proofs >= LIMITS.proofs) {
    throw new CairnError('false-dealing-refused', `more than ${LIMITS.proofs} new proofs arrived before one roster`);
  }
  const model = {
    adversary: 'active',
    colluding: Math.max(settings.colludingPpm / 1_000_000, policy.colluding),
  } as const;
  const next = { ...state, proofs: proofs + 1 };
  const verdict = verdictOn(dealt, { primitives, signed, directory: self.directory, model });
  if (verdict instanceof CairnError) return refuseMessage(next, verdict);
  const { member, session } = verdict;
  return {
    ...unchanged({ ...next, context: withProven(context, member) }),
    events: [{ kind: 'false-dealing', member, session }],
  };
}

/** The member that a proof convicts, or why it convicts none. */
function verdictOn(dealt: FalseDealing['dealt'], about: DealingAbout): ProvenDealing | CairnError {
  try {
    return verifyFalseDealing(dealt, about);
  } catch (thrown) {
    return asCairnError(thrown);
  }
}

/** The same context, with one more member that is proven to have dealt falsely. */
function withProven(context: ClientContext, member: number): ClientContext {
  const { history } = context;
  const record = history?.record;
  const signed = record?.signed;
  if (history === undefined || record === undefined || signed === undefined) return context;
  const proven = [...signed.proven, member].sort((a, b) => a - b);
  return { ...context, history: { ...history, record: { ...record, signed: { ...signed, proven } } } };
}
