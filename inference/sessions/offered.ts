import { type KeyPair, type Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { questionTranscript } from '../access/question.ts';
import type { Channel } from '../drivers/channel.ts';
import { within } from '../drivers/run.ts';
import { decodePlan } from '../plan/encode.ts';
import { planHash } from '../plan/hash.ts';
import type { Plan } from '../plan/types.ts';
import { type Begin, bytesOf, type Dealing, type Offer, readText, textOf } from './messages.ts';
import type { SessionTools } from './tools.ts';

/** What a server offers to answer. */
export interface Offered {
  readonly name: string;
  readonly system: string;
  readonly plan: Plan;
  readonly planHash: Uint8Array;
  readonly maxBatch: number;
  readonly access: Offer['access'];
  readonly dealing: Dealing;
}

/** A member's identity; see `cairn enrol`. */
export interface AskerIdentity {
  readonly member: number;
  readonly keys: KeyPair;
}

/** An offer that was read, and what goes with it. */
export interface ReadOffer {
  readonly offered: Offered;
  /** What a member signs: 32 bytes. */
  readonly challenge: Uint8Array;
  readonly role: Offer['role'];
}

/**
 * Reads and checks what a server offers.
 * @throws CairnError `wire-not-canonical`, those of decodePlan and of the channel, `peer-silent`; `plan-mismatch` if the plan
 * is of another system; `identity-required`
 */
export async function readOffer(
  channel: Channel,
  identity: AskerIdentity | undefined,
  { timeoutMs }: SessionTools,
): Promise<ReadOffer> {
  const {
    name,
    system,
    plan: text,
    maxBatch,
    access,
    dealing,
    challenge,
    role,
  } = readText('offer', await within(channel.receiveText(), timeoutMs));
  const plan = decodePlan(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  if (plan.system !== system) throw new CairnError('plan-mismatch', `the plan is one of ${plan.system}`);
  if (access === 'members' && identity === undefined) {
    throw new CairnError('identity-required', `${name} answers members only`);
  }
  const offered = { name, system, plan, planHash: planHash(plan), maxBatch, access, dealing };
  return { offered, challenge: bytesOf(challenge), role };
}

/** @throws CairnError `server-role` if a server has another role than the one it is asked as */
export function expectRole({ name, system }: Offered, role: Offer['role'], expected: Offer['role']): void {
  if (role === expected) return;
  throw new CairnError(
    'server-role',
    role === 'owner'
      ? `${name} is served by its owner alone`
      : `this is server ${role} of two that serve ${name}, by ${system}`,
    { hint: role === 'owner' ? 'name one address' : 'name both servers, a first' },
  );
}

/** What of a member's question it signs; null if it need not sign. */
export function signed(
  primitives: Primitives,
  { identity, address }: { readonly identity?: AskerIdentity; readonly address: string },
  { access, name, planHash: hash }: Offered,
  challenge: Uint8Array,
): Begin['identity'] {
  if (identity === undefined || access === 'open') return null;
  const { member, keys } = identity;
  const said = questionTranscript(primitives, { challenge, address, name, planHash: hash, member });
  return { member, signature: textOf(primitives.ed25519Sign(keys.secretKey.expose(), said)) };
}
