import { CairnError } from '../../errors.ts';
import type { FalseDealing } from '../../wire/messages/false-dealing.ts';
import { LIMITS } from '../../wire/limits.ts';
import { verifyFalseDealing } from '../false-dealing.ts';
import { settle } from './result.ts';
import type { ClientContext, ClientState, ClientStep } from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/**
 * A proof that a member of the signed set dealt falsely. Where it holds the session knows that member as proven from here
 * on, and takes a roster and a survivor set without it; the driver notes the event, so that later sessions do so too.
 * One that is known already is taken for read.
 * @throws CairnError `false-dealing-refused` for a proof that does not hold, is about nothing on record, or is one too many
 */
export function onFalseDealing(state: In<'advertise-keys'>, { dealt }: FalseDealing): ClientStep {
  const { context, proofs } = state;
  const { primitives, self, settings, policy, history } = context;
  const signed = history?.record?.signed;
  if (signed === undefined || self.directory === undefined) {
    throw new CairnError(
      'false-dealing-refused',
      'this client has signed no set from this model that a proof could be about',
    );
  }
  if (proofs >= LIMITS.proofs) {
    throw new CairnError('false-dealing-refused', `more than ${LIMITS.proofs} proofs came before one roster`);
  }
  const model = {
    adversary: 'active',
    colluding: Math.max(settings.colludingPpm / 1_000_000, policy.colluding),
  } as const;
  const { member, session } = verifyFalseDealing(dealt, { primitives, signed, directory: self.directory, model });
  const next = { ...state, proofs: proofs + 1 };
  if (signed.proven.includes(member)) return settle(next);
  return {
    ...settle({ ...next, context: withProven(context, member) }),
    events: [{ kind: 'false-dealing', member, session }],
  };
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
