import {
  permutationFrom,
  rosterLeaf,
  type RoundParameters,
  roundParameters,
  sessionGraph,
  sessionWitnesses,
} from '../../../protocol/schemes/secagg/index.ts';
import { toHex, utf8 } from '../../../protocol/crypto/bytes.ts';
import { ChaChaStream } from '../../../protocol/crypto/chacha.ts';
import { MerkleTree } from '../../../protocol/crypto/merkle.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';
import { unsafeSeededRandom } from '../../../protocol/crypto/seeded.ts';
import { shareSecret } from '../../../protocol/crypto/shamir.ts';
import { LABELS, SUITES, type SuiteId } from '../../../protocol/crypto/suite.ts';
import { deriveKey } from '../../../protocol/crypto/transcript.ts';
import { clientIndex, memberId } from '../../../protocol/ids.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import { encodeRoster } from '../../../protocol/schemes/secagg/messages/index.ts';

/** What a round asks of section 6.1 of the document. */
interface Question {
  readonly n: number;
  readonly adversary: 'curious' | 'active';
  readonly colludingPpm: number;
  readonly dropoutPpm: number;
}

/** Vectors of single functions, bytes as lower-case hex. They stand in test/vectors/functions.json. */
export interface FunctionVectors {
  readonly maskStreams: readonly { readonly suite: SuiteId; readonly key: string; readonly words: readonly number[] }[];
  readonly packings: readonly { readonly bits: number; readonly values: readonly number[]; readonly packed: string }[];
  readonly trees: readonly {
    readonly leaves: readonly string[];
    readonly root: string;
    readonly proofs: readonly (readonly string[])[];
  }[];
  readonly parameters: readonly (Question & {
    readonly graph: 'complete' | 'ring';
    readonly degree: number;
    readonly threshold: number;
    readonly witnesses: number;
    readonly quorum: number;
  })[];
  readonly ring: {
    readonly n: number;
    readonly degree: number;
    readonly root: string;
    readonly sessionId: string;
    readonly permutation: readonly number[];
    readonly neighbours: readonly (readonly number[])[];
    /** The witnesses of a session of these members, by how many there are. */
    readonly witnesses: readonly (readonly number[])[];
  };
  readonly sharing: {
    readonly n: number;
    readonly threshold: number;
    readonly secret: string;
    readonly slots: readonly number[];
    readonly shares: readonly string[];
  };
  readonly provenRoster: {
    readonly size: number;
    readonly ownIndex: number;
    readonly context: string;
    readonly ids: readonly number[];
    readonly root: string;
    readonly members: readonly {
      readonly index: number;
      readonly member: number;
      readonly cipherKey: string;
      readonly maskKey: string;
      readonly proof: readonly string[];
    }[];
    readonly bytes: string;
  };
}

const QUESTIONS: readonly Question[] = [
  { n: 3, adversary: 'active', colludingPpm: 100_000, dropoutPpm: 100_000 },
  { n: 8, adversary: 'active', colludingPpm: 100_000, dropoutPpm: 250_000 },
  { n: 8, adversary: 'curious', colludingPpm: 100_000, dropoutPpm: 250_000 },
  { n: 63, adversary: 'active', colludingPpm: 50_000, dropoutPpm: 50_000 },
  { n: 64, adversary: 'curious', colludingPpm: 50_000, dropoutPpm: 50_000 },
  { n: 100, adversary: 'curious', colludingPpm: 290_000, dropoutPpm: 100_000 },
  { n: 100, adversary: 'active', colludingPpm: 100_000, dropoutPpm: 300_000 },
  { n: 200, adversary: 'active', colludingPpm: 50_000, dropoutPpm: 100_000 },
  { n: 500, adversary: 'curious', colludingPpm: 100_000, dropoutPpm: 300_000 },
  { n: 500, adversary: 'active', colludingPpm: 100_000, dropoutPpm: 100_000 },
  { n: 300, adversary: 'active', colludingPpm: 250_000, dropoutPpm: 100_000 },
  { n: 300, adversary: 'active', colludingPpm: 330_000, dropoutPpm: 330_000 },
];

/** Computes the vectors with the code. */
export function functionVectors(primitives: Primitives): FunctionVectors {
  const hash = (text: string): Uint8Array => primitives.sha256(utf8(text));
  const suites = Object.keys(SUITES).map(Number) as SuiteId[];
  const root = hash('ring root');
  const sessionId = hash('ring session');
  const [n, degree] = [10, 4];
  const stream = new ChaChaStream(deriveKey(primitives, root, sessionId, LABELS.permutation).expose(), 20);
  const permutation = [...permutationFrom(n, (bound) => stream.uniform(bound))];
  const parameters: RoundParameters = { graph: 'ring', n, degree, threshold: 3, witnesses: 0, quorum: 0 };
  const graph = sessionGraph(primitives, parameters, sessionId, root);
  return {
    maskStreams: suites.map((suite) => {
      const key = hash(`mask ${suite}`);
      const vector = createMaskVector(40);
      vector.addMask(key, 1, SUITES[suite].maskRounds);
      return { suite, key: toHex(key), words: [...vector.toValues(32)] };
    }),
    packings: [8, 13, 18, 24, 31, 32].map((bits) => {
      const top = 2 ** bits - 1;
      const values = [1, top, 0, Math.floor(top / 3), top - 1];
      const vector = createMaskVector(values.length);
      vector.addValues(Uint32Array.from(values));
      return { bits, values, packed: toHex(vector.toPacked(bits)) };
    }),
    trees: [1, 2, 3, 4, 5, 7, 9].map((size) => {
      const leaves = Array.from({ length: size }, (_, i) => hash(`leaf ${i}`));
      const tree = new MerkleTree(primitives, leaves);
      const proofs = leaves.map((_, i) => tree.proof(i).map(toHex));
      return { leaves: leaves.map(toHex), root: toHex(tree.root), proofs };
    }),
    parameters: QUESTIONS.map((question) => {
      const {
        graph: kind,
        degree: k,
        threshold,
        witnesses,
        quorum,
      } = roundParameters({
        n: question.n,
        graph: 'auto',
        adversary: question.adversary,
        colluding: question.colludingPpm / 1_000_000,
        dropout: question.dropoutPpm / 1_000_000,
        threshold: 0,
      });
      return { ...question, graph: kind, degree: k, threshold, witnesses, quorum };
    }),
    ring: {
      n,
      degree,
      root: toHex(root),
      sessionId: toHex(sessionId),
      permutation,
      neighbours: Array.from({ length: n }, (_, index) => [...graph.neighbours(index)]),
      witnesses: Array.from({ length: n + 1 }, (_, witnesses) =>
        sessionWitnesses(primitives, { ...parameters, witnesses }, sessionId, root).map(Number),
      ),
    },
    sharing: sharing(hash('a secret')),
    provenRoster: provenRoster(primitives, hash),
  };
}

/** A sharing on 5 of 20 slots, as on a ring. */
function sharing(secret: Uint8Array): FunctionVectors['sharing'] {
  const [n, threshold, slots] = [20, 3, [1, 4, 7, 18, 19]];
  const random = unsafeSeededRandom(new Uint8Array(32).fill(5));
  const shares = shareSecret({ secret, threshold, domain: n, slots, random });
  return { n, threshold, secret: toHex(secret), slots, shares: shares.map(toHex) };
}

/** A roster of kind 2, as a curious ring of 9 members sends it to the last of them. Keys are made up. */
function provenRoster(primitives: Primitives, hash: (text: string) => Uint8Array): FunctionVectors['provenRoster'] {
  const [size, ownIndex, context] = [9, 8, hash('ring settings')];
  const roster = Array.from({ length: size }, (_, index) => ({
    member: memberId(100 + 3 * index),
    cipherKey: hash(`cipher ${index}`),
    maskKey: hash(`mask ${index}`),
    signature: undefined,
  }));
  const tree = new MerkleTree(
    primitives,
    roster.map((advertisement) => rosterLeaf(primitives, advertisement)),
  );
  const members = [2, 5, 8].map((index) => ({
    index: clientIndex(index),
    advertisement: roster[index]!,
    proof: tree.proof(index),
  }));
  const bytes = encodeRoster({
    suite: 1,
    context,
    size,
    ownIndex: clientIndex(ownIndex),
    body: { kind: 'proven', ids: roster.map(({ member }) => member), root: tree.root, members },
  });
  return {
    size,
    ownIndex,
    context: toHex(context),
    ids: roster.map(({ member }) => Number(member)),
    root: toHex(tree.root),
    members: members.map(({ index, advertisement, proof }) => ({
      index,
      member: advertisement.member,
      cipherKey: toHex(advertisement.cipherKey),
      maskKey: toHex(advertisement.maskKey),
      proof: proof.map(toHex),
    })),
    bytes: toHex(bytes),
  };
}
