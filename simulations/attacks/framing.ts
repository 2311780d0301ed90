import {
  type DealingProof,
  type DealtSecret,
  decodeShareKeys,
  type ServerState,
  type SignedSet,
  type SignedShare,
  verifyFalseDealing,
} from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { type MemberDirectory, messageName } from '../../protocol/wire/index.ts';
import type { Attack } from './attack.ts';
import { Lab } from './open-round/lab.ts';
import { anyShare, revealing, signedSetOf, signedShares, untilUnmasking } from './open-round/liars.ts';

// A coordinator and as many members as may collude try to have an honest member proven false. Success means learning
// its update: the others would continue without it, and the two sums differ only in its input.

/** The member to be framed. */
export const VICTIM = memberId(4);
/** Six members, one of whom may be corrupt. */
export const FRAMING = { colludingPpm: 200_000, threshold: 4, dimension: 1 };

/** The server's state in which shares arrive. */
export type Unmasking = Extract<ServerState, { name: 'unmasking' }>;

/** A round in which every member has revealed, and what a member keeps of it. */
export interface Framing {
  readonly lab: Lab;
  readonly state: Unmasking;
  readonly signed: SignedSet;
  readonly directory: MemberDirectory;
}

/** A round of six, one of whom may be corrupt, to the point where all shares have arrived. */
export function framingOf(seed: string, liars: readonly number[] = [], options: Partial<Lab['options']> = {}): Framing {
  const lab = new Lab({ seed, n: 6, adversary: 'active', settings: FRAMING, ...options });
  untilUnmasking(lab);
  const state = lab.server as Unmasking;
  const signed = signedSetOf(lab);
  const noise = anyShare(lab.random);
  const rewrite = revealing(lab, liars.map(memberId), (share, owner) => (owner === VICTIM ? noise : share));
  lab.down();
  // A liar's message is kept as it was sent: the lab records the honest one.
  const sent = lab.toServer.flatMap((mail) => rewrite(mail));
  lab.sent.splice(0, lab.sent.length, ...lab.sent.filter(({ mail }) => messageName(mail.bytes) !== 'unmaskShares'));
  for (const mail of sent) lab.sent.push({ to: 'server', mail });
  return { lab, state, signed, directory: lab.membership!.directory };
}

const selfSeed = ({ lab }: Framing, member: MemberId): DealtSecret => {
  const { commitment, signature } = decodeShareKeys(lab.message('shareKeys', member));
  return { kind: 'self-seed', commitment, signature: signature! };
};

/** A proof about a member's self seed from these shares. */
export const proofOf = (scene: Framing, member: MemberId, shares: readonly SignedShare[]): DealingProof => ({
  sessionId: scene.state.facts.sessionId,
  owner: scene.state.facts.indexOf.get(member)!,
  secret: selfSeed(scene, member),
  shares,
});

/** Why a proof is refused; undefined if it convicts. */
export function refusalOf(
  { lab, signed, directory }: Pick<Framing, 'lab' | 'signed' | 'directory'>,
  proof: DealingProof,
  colluding = 0.2,
): string | undefined {
  try {
    verifyFalseDealing(proof, {
      primitives: lab.primitives,
      signed,
      directory,
      model: { adversary: 'active', colluding },
    });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code === 'false-dealing-refused') return thrown.message;
    throw thrown;
  }
}

/** Success means learning an update: the others continue without it, and the two sums differ only in its input. */
export const framedMember: Attack = {
  name: 'false-dealing',
  title: 'has two holders sign false shares of an honest member’s seed, as a proof that it dealt falsely',
  attacker: 'the coordinator, with two of six members on its side',
  source: 'docs/decisions/0046-prove-false-dealing-to-other-members.md',
  protection: 'a client is convinced only if more holders contradict a member than may lie by its own policy',
  without: 'a policy that assumes one liar of six',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const scene = framingOf(`framing ${seed}`, [1, 5]);
    const shares = signedShares(scene.lab, scene.state, VICTIM);
    const why = refusalOf(scene, proofOf(scene, VICTIM, shares), safe ? 0.34 : 0.2);
    const succeeded = why === undefined;
    return Promise.resolve({
      succeeded,
      learned: succeeded
        ? 'a proof that convicts an honest member: the others continue without it'
        : 'nothing: the proof does not hold',
      figures: { liars: 2, shares: shares.length },
      stoppedBy: succeeded ? undefined : 'false-dealing-refused',
    });
  },
};
