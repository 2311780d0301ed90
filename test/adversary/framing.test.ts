import { describe, expect, it } from 'vitest';
import { verifyFalseDealing } from '../../protocol/schemes/secagg/false-dealing.ts';
import { advertisedBytes } from '../../protocol/schemes/secagg/signatures.ts';
import { corruptHolders } from '../../protocol/schemes/secagg/parameters/index.ts';
import { clientIndex, memberId } from '../../protocol/ids.ts';
import {
  type DealingProof,
  decodeDealingProof,
  encodeDealingProof,
  type SignedShare,
} from '../../protocol/schemes/secagg/messages/false-dealing.ts';
import {
  FRAMING,
  type Framing,
  framingOf,
  proofOf,
  refusalOf,
  type Unmasking,
  VICTIM,
} from '../../simulations/attacks/framing.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import {
  anyShare,
  committing,
  resealing,
  signedSetOf,
  signedShares,
  untilUnmasking,
} from '../../simulations/attacks/open-round/liars.ts';
import { thrownBy } from '../support/thrown.ts';

const CONTROL = memberId(2);

function subsets<T>(list: readonly T[]): T[][] {
  return list.reduce<T[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

describe('an honest member', () => {
  it('is not framed by any one holder, whatever shares are withheld', () => {
    for (let liar = 1; liar <= 6; liar++) {
      if (liar === VICTIM) continue;
      const scene = framingOf(`framed by ${liar}`, [liar]);
      const shares = signedShares(scene.lab, scene.state, VICTIM);
      expect(shares).toHaveLength(6);
      for (const some of subsets(shares)) {
        if (some.length > 0) expect(refusalOf(scene, proofOf(scene, VICTIM, some))).toContain('does not hold');
      }
    }
  });

  it('is framed by one holder more than may collude: no smaller bound would do', () => {
    const scene = framingOf('framed by two', [1, 5]);
    const proof = proofOf(scene, VICTIM, signedShares(scene.lab, scene.state, VICTIM));
    expect(refusalOf(scene, proof)).toBeUndefined();
    // A member whose own policy reckons with two of six is not deceived.
    expect(refusalOf(scene, proof, 0.34)).toContain('give the secret');
  });
});

/** A proof that holds: the control commits falsely, and everybody reveals honestly. */
function guilty(seed = 'guilty'): Framing & { readonly proof: DealingProof } {
  const lab = new Lab({ seed, n: 6, adversary: 'active', settings: FRAMING });
  lab.client(CONTROL, 'share-keys');
  lab.up(committing(lab, CONTROL, (own) => own.map((byte) => byte ^ 0x80)));
  untilUnmasking(lab);
  const state = lab.server as Unmasking;
  const signed = signedSetOf(lab);
  lab.run();
  const proof = decodeDealingProof(lab.aborted!.proofs[0]!);
  return { lab, state, signed, directory: lab.membership!.directory, proof };
}

describe('a proof', () => {
  const scene = guilty();
  const { proof } = scene;
  const other = guilty('another session of theirs');
  const last = proof.shares.length - 1;
  const share = (at: number, change: Partial<SignedShare>): DealingProof => ({
    ...proof,
    shares: proof.shares.map((entry, i) => (i === at ? { ...entry, ...change } : entry)),
  });
  const flipped = (bytes: Uint8Array, at = 0): Uint8Array => Uint8Array.from(bytes, (b, i) => (i === at ? b ^ 1 : b));

  it('holds, and is the same after it was sent', () => {
    expect(refusalOf(scene, proof)).toBeUndefined();
    expect(decodeDealingProof(encodeDealingProof(proof))).toEqual(proof);
  });

  it.each<[string, DealingProof, RegExp]>([
    ['with a share altered', share(0, { share: flipped(proof.shares[0]!.share) }), /did not sign the share/],
    ['with a share that is none', share(1, { share: new Uint8Array(34).fill(255) }), /not an element/],
    [
      'with a signature altered',
      share(2, { signature: flipped(proof.shares[2]!.signature, 8) }),
      /did not sign the share/,
    ],
    ['with a way altered', share(2, { proof: proof.shares[2]!.proof.map((node) => flipped(node)) }), /did not sign/],
    ['with a way cut', share(2, { proof: proof.shares[2]!.proof.slice(1) }), /wrong length/],
    ['with one holder twice', { ...proof, shares: [proof.shares[0]!, ...proof.shares] }, /twice/],
    [
      'with another’s share as its own',
      share(1, { ...proof.shares[0], holder: clientIndex(1) }),
      /did not sign the share/,
    ],
    ['with the holder of no member', share(last, { holder: clientIndex(6) }), /holds no share/],
    ['with a share of another owner', { ...proof, owner: clientIndex(2) }, /did not sign the commitment/],
    ['with a share of another session', share(3, other.proof.shares[3]!), /did not sign the share/],
    ['with the commitment of another session', { ...proof, secret: other.proof.secret }, /did not sign the commitment/],
    ['of another session', other.proof, /not about a session/],
    ['that says another session', { ...proof, sessionId: other.proof.sessionId }, /not about a session/],
    ['with a place beyond the roster', { ...proof, owner: clientIndex(6) }, /no member at place/],
    ['with too few shares', { ...proof, shares: proof.shares.slice(0, 4) }, /prove nothing/],
    ['with none', { ...proof, shares: [] }, /prove nothing/],
  ])('%s does not hold', (_, changed, why) => {
    expect(refusalOf(scene, changed)).toMatch(why);
  });

  it('holds under the set that its holders signed alone, and for the secret that was opened alone', () => {
    const { signed } = scene;
    const less = { ...signed, members: signed.members.filter((member) => member !== 6) };
    expect(refusalOf({ ...scene, signed: less }, proof)).toContain('did not sign the share');
    const without = { ...signed, members: signed.members.filter((member) => member !== CONTROL) };
    expect(refusalOf({ ...scene, signed: without }, proof)).toContain('other secret');
    const advertisement = scene.state.facts.roster[proof.owner]!;
    const maskKey = { kind: 'mask-key', advertisement, proof: scene.state.facts.tree.proof(proof.owner) } as const;
    expect(refusalOf(scene, { ...proof, secret: maskKey })).toContain('other secret');
  });

  it('holds by the client’s own directory alone', () => {
    expect(refusalOf({ ...scene, directory: other.directory }, proof)).toContain('did not sign');
    const entries = new Map(scene.directory.entries);
    entries.delete(memberId(6));
    expect(refusalOf({ ...scene, directory: { ...scene.directory, entries } }, proof)).toContain(
      'not in the directory',
    );
  });
});

describe('a proof about a mask key', () => {
  /** The control shares a false key, and drops. */
  function dropped(seed: string, honest = false): Framing & { readonly proof: DealingProof } {
    const lab = new Lab({ seed, n: 6, adversary: 'active', settings: FRAMING });
    const reseal = resealing(lab, CONTROL);
    lab.client(CONTROL, 'share-keys');
    if (!honest) lab.up(reseal('key', () => anyShare(lab.random)));
    untilUnmasking(lab, [CONTROL]);
    const state = lab.server as Unmasking;
    const signed = signedSetOf(lab);
    lab.down();
    const { facts } = state;
    const owner = facts.indexOf.get(CONTROL)!;
    const secret = { kind: 'mask-key', advertisement: facts.roster[owner]!, proof: facts.tree.proof(owner) } as const;
    const proof = { sessionId: facts.sessionId, owner, secret, shares: signedShares(lab, state, CONTROL) };
    return { lab, state, signed, directory: lab.membership!.directory, proof };
  }

  it('holds against one that lied, and not against one that only dropped', () => {
    const liar = dropped('liar');
    expect(refusalOf(liar, liar.proof)).toBeUndefined();
    const honest = dropped('honest', true);
    expect(refusalOf(honest, honest.proof)).toContain('give the secret');
  });

  it('does not hold with an advertisement that is not in that session’s roster, though its owner signed it', () => {
    // A member that restarted advertised twice under the same settings: the coordinator has both.
    const honest = dropped('restarted', true);
    const { secret } = honest.proof;
    if (secret.kind !== 'mask-key') throw new Error('a mask key was expected');
    const identity = honest.lab.membership!.identities.get(CONTROL)!;
    const fresh = honest.lab.random(32);
    const { primitives } = honest.lab;
    const keys = { ...secret.advertisement, maskKey: primitives.x25519PublicKey(fresh) };
    const signature = primitives.ed25519Sign(
      identity.secretKey.expose(),
      advertisedBytes(primitives, honest.lab.server.context.settingsHash, keys),
    );
    const mixed = { ...honest.proof, secret: { ...secret, advertisement: { ...keys, signature } } };
    expect(refusalOf(honest, mixed)).toContain('not in that session’s roster');
  });
});

describe('on a ring', () => {
  it('holders that are no neighbours of the owner do not count', () => {
    const ring = { graph: 'ring', colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 1 } as const;
    const scene = framingOf('ring', [], { n: 64, settings: ring });
    const { facts } = scene.state;
    const owner = facts.indexOf.get(VICTIM)!;
    const shares = signedShares(scene.lab, scene.state, VICTIM);
    expect(shares).toHaveLength(facts.parameters.degree + 1);
    expect(refusalOf(scene, proofOf(scene, VICTIM, shares), 0.05)).toMatch(/give the secret|prove nothing/);
    const stranger = [...Array(64).keys()].find((index) => !facts.graph.holders(owner).includes(index))!;
    const placed = [{ ...shares[0]!, holder: clientIndex(stranger) }, ...shares.slice(1)].sort(
      (a, b) => a.holder - b.holder,
    );
    expect(refusalOf(scene, proofOf(scene, VICTIM, placed), 0.05)).toContain('holds no share');
    expect(corruptHolders(facts.parameters, { adversary: 'active', colluding: 0.05 })).toBe(3);
  });
});

describe('a client that signed nothing from this model', () => {
  it('takes no proof, and none about a model that is not on record', () => {
    expect(
      thrownBy(() =>
        verifyFalseDealing(guilty('none').proof, {
          primitives: guilty('none').lab.primitives,
          signed: { members: [], sessions: [], proven: [] },
          directory: guilty('none').directory,
          model: { adversary: 'active', colluding: 0.2 },
        }),
      ),
    ).toMatchObject({ code: 'false-dealing-refused' });
  });
});
