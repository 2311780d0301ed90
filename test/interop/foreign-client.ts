/**
 * A client of active rounds built on the second implementation: it knows docs/protocol.md and nothing of `protocol/`.
 * It believes the coordinator everything it need not doubt in order to take part; section numbers are the document's.
 */
import { randomBytes } from 'node:crypto';
import {
  addUp,
  advertisedBytes,
  advertisement,
  automatic,
  join,
  type Keys,
  merkleHolds,
  merkleRoot,
  message,
  open,
  pack,
  pairMaskKey,
  permutation,
  publicOf,
  ringNeighbours,
  seal,
  seedCommitment,
  selfMaskKey,
  sessionIdOf,
  sha256,
  shareWith,
  signed,
  signedCommitment,
  signedShares,
  stream,
  T,
  toHex,
  TYPES,
  u32,
  u8,
  vectorLengthOf,
  verifies,
  witnessesOf,
  x25519,
} from './second-implementation.ts';

type Bytes = Uint8Array;

/** Reads numbers and bytes one after another. */
class Cursor {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  take(length: number): Bytes {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('the message is too short');
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  whole(size: 1 | 2 | 4): number {
    return this.take(size).reduceRight((value, byte) => 256 * value + byte, 0);
  }

  text(): string {
    return Buffer.from(this.take(this.whole(2))).toString('utf8');
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Error('bytes follow the last field');
  }
}

interface Shown extends Keys {
  readonly index: number;
}

interface Settings {
  readonly suite: number;
  readonly adversary: 'curious' | 'active';
  readonly colludingPpm: number;
  readonly dropoutPpm: number;
  readonly dimension: number;
  readonly modulusBits: number;
}

/** Section 5.1, what this client needs of it: graph `auto` and a derived threshold are taken for granted. */
function readSettings(bytes: Bytes): Settings {
  const from = new Cursor(bytes);
  const suite = from.whole(1);
  from.take(16);
  from.text();
  from.whole(4);
  from.take(2);
  const adversary = from.whole(1) === 2 ? 'active' : 'curious';
  from.whole(1);
  const [colludingPpm, dropoutPpm, , , , dimension] = Array.from({ length: 6 }, () => from.whole(4));
  from.take(64);
  const modulusBits = from.whole(1);
  from.take(1 + 8 + 4 + 8);
  if (from.whole(2) !== 0 || from.whole(1) !== 0) throw new Error('this client sends whole updates only');
  from.text();
  if (from.whole(1) !== 0) throw new Error('this client speaks rounds without noise only');
  from.end();
  return { suite, adversary, colludingPpm: colludingPpm!, dropoutPpm: dropoutPpm!, dimension: dimension!, modulusBits };
}

const isSet = (bitmap: Bytes, index: number): boolean => (bitmap[index >> 3]! >> (index & 7)) % 2 === 1;

/** One member in one active round. */
export class ForeignClient {
  readonly #member: number;
  readonly #identitySeed: Bytes;
  readonly #identityKeys: ReadonlyMap<number, Bytes>;
  readonly #inputOf: (length: number) => readonly number[];
  readonly #cipherSecret = new Uint8Array(randomBytes(32));
  readonly #maskSecret = new Uint8Array(randomBytes(32));
  readonly #selfSeed = new Uint8Array(randomBytes(32));
  /** Both shares, of each owner. */
  readonly #held = new Map<number, Bytes>();
  #settings: Settings | undefined;
  #settingsHash: Bytes = new Uint8Array();
  #sessionId: Bytes = new Uint8Array();
  #own = 0;
  #n = 0;
  #neighbours: readonly Shown[] = [];
  #threshold = 0;
  #quorum = 0;
  /** By index, ascending. */
  #witnesses: readonly { readonly index: number; readonly member: number }[] = [];
  /** The survivor set that it was shown. */
  #audited: Bytes = new Uint8Array();
  /** What the last message of the round said. */
  outcome: { readonly included: boolean; readonly modelHash: string } | undefined;

  constructor(
    member: number,
    identitySeed: Bytes,
    identityKeys: ReadonlyMap<number, Bytes>,
    inputOf: (length: number) => readonly number[],
  ) {
    this.#member = member;
    this.#identitySeed = identitySeed;
    this.#identityKeys = identityKeys;
    this.#inputOf = inputOf;
  }

  /** Takes one message. @returns its answer */
  receive(bytes: Bytes): Bytes[] {
    const from = new Cursor(bytes);
    from.take(2);
    const type = from.whole(1);
    const context = toHex(from.take(32));
    const early = type === TYPES.roster || type === TYPES.outcome;
    if (type !== TYPES.invitation && context !== toHex(early ? this.#settingsHash : this.#sessionId)) {
      throw new Error('the message belongs elsewhere');
    }
    const answer = this.#answer(type, from, context);
    from.end();
    return answer === undefined ? [] : [answer];
  }

  #answer(type: number, from: Cursor, context: string): Bytes | undefined {
    switch (type) {
      case TYPES.invitation:
        return this.#advertise(from, context);
      case TYPES.roster:
        return this.#share(from);
      case TYPES.routedShares:
        return this.#mask(from);
      case TYPES.survivors:
        return this.#sign(from);
      case TYPES.unmaskRequest:
        return this.#reveal(from);
      case TYPES.outcome:
        if (from.whole(1) !== 1) throw new Error('the round was abandoned');
        this.outcome = { included: from.whole(1) === 1, modelHash: toHex(from.take(32)) };
        return undefined;
      default:
        throw new Error(`message type ${type}`);
    }
  }

  #message(name: keyof typeof TYPES, context: Bytes, ...body: readonly Bytes[]): Bytes {
    return message(this.#settings!.suite, name, context, ...body);
  }

  #advertise(from: Cursor, context: string): Bytes {
    const settings = from.take(from.whole(4));
    this.#settings = readSettings(settings);
    this.#settingsHash = T('settings', settings);
    if (toHex(this.#settingsHash) !== context) throw new Error('the settings have another hash');
    return this.#message('advertiseKeys', this.#settingsHash, this.#advertisement());
  }

  #advertisement(): Bytes {
    const keys = {
      member: this.#member,
      cipherKey: publicOf('X25519', this.#cipherSecret),
      maskKey: publicOf('X25519', this.#maskSecret),
    };
    return advertisement(keys, signed(this.#identitySeed, advertisedBytes(this.#settingsHash, keys)));
  }

  /** Sections 3.6, 6 and 8: the roster is read and believed only as far as it is proven. */
  #share(from: Cursor): Bytes {
    const n = from.whole(4);
    const own = from.whole(4);
    const kind = from.whole(1);
    const [graph, k, t, w, q] = automatic({ ...this.#settings!, n });
    if ((kind === 1) !== (graph === 'complete')) throw new Error('a roster of the wrong kind');
    const readOne = (index: number): readonly [Shown, leaf: Bytes] => {
      const shown = { index, member: from.whole(4), cipherKey: from.take(32), maskKey: from.take(32) };
      if (from.whole(1) !== 1) throw new Error('no signature');
      const signature = from.take(64);
      if (!verifies(this.#identityKeys.get(shown.member)!, advertisedBytes(this.#settingsHash, shown), signature)) {
        throw new Error('a wrong signature');
      }
      return [shown, T('roster leaf', advertisement(shown, signature))];
    };
    const all: Shown[] = [];
    let root: Bytes;
    let ids: number[];
    if (kind === 1) {
      const entries = Array.from({ length: n }, (_, index) => readOne(index));
      root = merkleRoot(entries.map(([, leaf]) => leaf));
      all.push(...entries.map(([shown]) => shown));
      ids = all.map(({ member }) => member);
    } else {
      ids = Array.from({ length: n }, () => from.whole(4));
      if (ids.some((id) => !this.#identityKeys.has(id))) throw new Error('an unknown member');
      root = from.take(32);
      for (let left = from.whole(4); left > 0; left--) {
        const [shown, leaf] = readOne(from.whole(4));
        const proof = Array.from({ length: from.whole(1) }, () => from.take(32));
        if (ids[shown.index] !== shown.member) throw new Error('a member at a wrong place');
        if (!merkleHolds(root, n, shown.index, leaf, proof)) throw new Error('a wrong proof');
        all.push(shown);
      }
    }
    if (ids.some((id, index) => index > 0 && id <= ids[index - 1]!)) throw new Error('a member twice');
    const ownLeaf = all.find(({ index }) => index === own);
    if (ownLeaf === undefined || toHex(ownLeaf.maskKey) !== toHex(publicOf('X25519', this.#maskSecret))) {
      throw new Error('own keys are missing');
    }
    this.#sessionId = sessionIdOf(this.#settingsHash, ids, root);
    this.#neighbours = all.filter(({ index }) => index !== own);
    const expected =
      graph === 'ring'
        ? ringNeighbours(permutation(root, this.#sessionId, n), k, own)
        : Array.from({ length: n }, (_, index) => index).filter((index) => index !== own);
    if (expected.join() !== this.#neighbours.map(({ index }) => index).join()) throw new Error('not my neighbours');
    [this.#n, this.#own, this.#threshold, this.#quorum] = [n, own, t, q];
    this.#witnesses = witnessesOf(root, this.#sessionId, n, w).map((index) => ({ index, member: ids[index]! }));
    return this.#sealAll();
  }

  /** Sections 3.5 and 7.4: uniform coefficients of its own drawing. */
  #sealAll(): Bytes {
    const draw = (): bigint => {
      for (;;) {
        const word = BigInt(`0x${toHex(new Uint8Array(randomBytes(4)))}`) & ((1n << 27n) - 1n);
        if (word < 69_206_017n) return word;
      }
    };
    const polynomials = (): bigint[][] =>
      Array.from({ length: 10 }, () => Array.from({ length: this.#threshold - 1 }, draw));
    const [ofKey, ofSeed] = [polynomials(), polynomials()];
    const pairFor = (index: number): Bytes =>
      join(shareWith(this.#n, index, this.#maskSecret, ofKey), shareWith(this.#n, index, this.#selfSeed, ofSeed));
    this.#held.set(this.#own, pairFor(this.#own));
    const sealed = this.#neighbours.map((to) => seal(this.#sealing(to, this.#own, to.index), pairFor(to.index)));
    const commitment = seedCommitment(this.#selfSeed, this.#sessionId, this.#own);
    const signature = signedCommitment(this.#identitySeed, this.#sessionId, this.#own, commitment);
    return this.#message('shareKeys', this.#sessionId, commitment, u8(1), signature, u32(sealed.length), ...sealed);
  }

  #sealing(peer: Shown, from: number, to: number): Parameters<typeof seal>[0] {
    return { sessionId: this.#sessionId, shared: x25519(this.#cipherSecret, peer.cipherKey), from, to };
  }

  /** Section 7.4. */
  #mask(from: Cursor): Bytes {
    const count = from.whole(4);
    const present = from.take(Math.ceil(count / 8));
    const there = this.#neighbours.filter((_, i) => isSet(present, i));
    for (const peer of there) {
      this.#held.set(peer.index, open(this.#sealing(peer, peer.index, this.#own), from.take(84)));
    }
    const { suite, dimension, modulusBits } = this.#settings!;
    const length = vectorLengthOf(dimension, 0);
    const words = (key: Bytes): number[] => stream(key, suite === 1 ? 12 : 20, length);
    const masked = addUp(
      modulusBits,
      [1, this.#inputOf(length)],
      [1, words(selfMaskKey(this.#selfSeed, this.#sessionId, this.#own))],
      ...there.map(({ index, maskKey }) => {
        const key = pairMaskKey(this.#maskSecret, maskKey, this.#sessionId, this.#own, index);
        return [this.#own > index ? 1 : -1, words(key)] as const;
      }),
    );
    return this.#message('maskedInput', this.#sessionId, u32(length), u8(modulusBits), pack(masked, modulusBits));
  }

  /** Only witnesses sign; the others remember what they were shown. */
  #sign(from: Cursor): Bytes | undefined {
    const survivors = from.take(Math.ceil(from.whole(4) / 8));
    this.#audited = survivors;
    if (!this.#witnesses.some(({ index }) => index === this.#own)) return undefined;
    const signature = signed(this.#identitySeed, T('sign survivors', this.#sessionId, sha256(survivors)));
    return this.#message('consistency', this.#sessionId, signature);
  }

  #reveal(from: Cursor): Bytes {
    const survivors = from.take(Math.ceil(from.whole(4) / 8));
    const signedBytes = T('sign survivors', this.#sessionId, sha256(survivors));
    if (toHex(survivors) !== toHex(this.#audited)) throw new Error('another set than the one shown');
    if (from.whole(4) !== this.#witnesses.length) throw new Error('another number of witnesses');
    const signers = from.take(Math.ceil(this.#witnesses.length / 8));
    const signing = this.#witnesses.filter((_, place) => isSet(signers, place));
    if (signing.length < this.#quorum) throw new Error('too few signatures');
    for (const { index, member } of signing) {
      if (!isSet(survivors, index)) throw new Error('a witness that did not survive');
      if (!verifies(this.#identityKeys.get(member)!, signedBytes, from.take(64))) {
        throw new Error('a wrong signature of survivors');
      }
    }
    const owners = [...this.#held.keys()].sort((a, b) => a - b);
    const shares = owners.map((owner) => {
      const at = isSet(survivors, owner) ? 34 : 0;
      return [owner, this.#held.get(owner)!.subarray(at, at + 34)] as const;
    });
    const signature = signedShares(this.#identitySeed, this.#sessionId, this.#own, survivors, shares);
    const all = shares.map(([, share]) => share);
    return this.#message('unmaskShares', this.#sessionId, u32(all.length), ...all, u8(1), signature);
  }
}
