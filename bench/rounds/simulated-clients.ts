import { vectorLength } from '../../protocol/quantize/index.ts';
import {
  decodeRoutedShares,
  encodeAdvertiseKeys,
  encodeMaskedInput,
  encodeShareKeys,
  encodeUnmaskShares,
  type Graph,
  pairMaskKey,
  SEALED_SHARES_LENGTH,
  seedCommitment,
  selfMaskKey,
  type ServerParameters,
} from '../../protocol/schemes/secagg/index.ts';
import {
  generateAgreementKey,
  type KeyPair,
  openShares,
  type Primitives,
  type RandomSource,
  sealKey,
  sealShares,
  SecretBytes,
  shareSecret,
  SIZES,
  SUITES,
} from '../../protocol/crypto/index.ts';
import { type ClientIndex, clientIndex, type MemberId } from '../../protocol/ids.ts';
import { createMaskVector, type MaskVector } from '../../protocol/kernels/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { Cast } from './shape.ts';

/** The secrets of one simulated client. */
interface Secrets {
  readonly cipher: KeyPair;
  readonly mask: KeyPair;
  readonly selfSeed: SecretBytes;
}

/** The round that they take part in. */
export interface SimulatedRound {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly settings: RoundSettings;
  readonly cast: Cast;
  readonly inputOf: (member: MemberId) => Uint32Array;
}

/**
 * Clients that are cheap for the benchmark, but cost the server as much as real ones.
 *
 * - **Keys and sharing are real.** Each has two key pairs and its own seed, shares both secrets by Shamir with all its
 *   neighbours, and reveals the shares that it holds. Shares between it and real clients are really sealed and opened.
 *   Only the entries that simulated clients send one another are random bytes of the right length: the server routes
 *   them unread, and the actual shares are passed in memory.
 * - **Masked inputs are simulated.** Among the survivors' masks, those between two simulated clients cancel, so none of
 *   them is expanded. The others are: each client's self mask, its pair masks with dropped members, and its half of the
 *   pair masks with real clients. The sum of these and of the inputs is kept once for the whole round. Each simulated
 *   client sends a full vector of fresh random words, and the last one sends that sum minus all of these. To the server
 *   this is a round like any other: as many inputs of full length, and a plan with as many masks to expand; and its
 *   result is exact only if every real client's masks, every rebuilt secret and every sign is right.
 */
export class SimulatedClients {
  readonly #round: SimulatedRound;
  readonly #secrets = new Map<MemberId, Secrets>();
  /** The shares that each holder will be asked for, in the holder's own order of members. */
  readonly #held = new Map<ClientIndex, Uint8Array>();
  readonly #owed: MaskVector;
  readonly #sent: MaskVector;
  readonly #noise: MaskVector;
  #left: number;

  constructor(round: SimulatedRound, members: readonly MemberId[]) {
    this.#round = round;
    const { primitives, random, settings, cast } = round;
    for (const member of members) {
      this.#secrets.set(member, {
        cipher: generateAgreementKey(primitives, random),
        mask: generateAgreementKey(primitives, random),
        selfSeed: new SecretBytes(random(SIZES.seed)),
      });
    }
    this.#left = members.filter((member) => !cast.dropped.has(member)).length;
    const length = vectorLength(settings);
    this.#owed = createMaskVector(length);
    this.#sent = createMaskVector(length);
    this.#noise = createMaskVector(length);
  }

  has(member: MemberId): boolean {
    return this.#secrets.has(member);
  }

  /** Round 0: the keys. */
  advertise(member: MemberId, settingsHash: Uint8Array): Uint8Array {
    const { cipher, mask } = this.#secrets.get(member)!;
    return encodeAdvertiseKeys({
      suite: this.#round.settings.suite,
      context: settingsHash,
      advertisement: { member, cipherKey: cipher.publicKey, maskKey: mask.publicKey, signature: undefined },
    });
  }

  /** Round 1: both secrets shared, sealed if a real client will open them. */
  share(facts: ServerParameters, member: MemberId): Uint8Array {
    const { primitives, random, settings, cast } = this.#round;
    const { parameters, graph, sessionId, roster } = facts;
    const { cipher, mask, selfSeed } = this.#secrets.get(member)!;
    const own = facts.indexOf.get(member)!;
    const holders = graph.holders(own);
    const split = (secret: SecretBytes): Uint8Array[] =>
      shareSecret({
        secret: secret.expose(),
        threshold: parameters.threshold,
        domain: parameters.n,
        slots: holders,
        random,
      });
    const ofKey = split(mask.secretKey);
    const ofSeed = split(selfSeed);
    const sealed = random(graph.degree * SEALED_SHARES_LENGTH);
    const agreement = primitives.x25519(cipher.secretKey.expose());
    holders.forEach((holder, i) => {
      const to = clientIndex(holder);
      const { member: recipient, cipherKey } = roster[to]!;
      if (this.has(recipient)) {
        this.#keep(graph, to, own, cast.dropped.has(member) ? ofKey[i]! : ofSeed[i]!);
        return;
      }
      const pair = new Uint8Array(2 * SIZES.share);
      pair.set(ofKey[i]!);
      pair.set(ofSeed[i]!, SIZES.share);
      const key = sealKey(primitives, agreement.with(cipherKey), sessionId, own, to);
      const entry = sealShares(primitives, { key, sessionId, from: own, to, plaintext: pair });
      sealed.set(entry, graph.placeOf(own, to) * SEALED_SHARES_LENGTH);
    });
    agreement.wipe();
    const commitment = seedCommitment(primitives, selfSeed, sessionId, own);
    const header = { suite: settings.suite, context: sessionId };
    return encodeShareKeys({ ...header, commitment, signature: undefined, count: graph.degree, sealed });
  }

  /**
   * Opens the shares that real clients sealed for this one. They all survive, so the shares of their seeds are asked
   * for.
   */
  takeShares(facts: ServerParameters, member: MemberId, bytes: Uint8Array): void {
    const { primitives, cast } = this.#round;
    const { graph, sessionId, indexOf, roster } = facts;
    const own = indexOf.get(member)!;
    const { sealed } = decodeRoutedShares(bytes);
    const agreement = primitives.x25519(this.#secrets.get(member)!.cipher.secretKey.expose());
    graph.neighbours(own).forEach((neighbour, place) => {
      const from = clientIndex(neighbour);
      if (!cast.real.has(roster[from]!.member)) return;
      const key = sealKey(primitives, agreement.with(roster[from]!.cipherKey), sessionId, from, own);
      const entry = sealed.subarray(place * SEALED_SHARES_LENGTH, (place + 1) * SEALED_SHARES_LENGTH);
      const pair = openShares(primitives, { key, sessionId, from, to: own, sealed: entry });
      if (pair === undefined) throw new Error(`the share sealed by member ${roster[from]!.member} does not open`);
      this.#keep(graph, own, from, pair.subarray(SIZES.share));
    });
    agreement.wipe();
  }

  /** Round 2: a vector of random words; the last one's makes the total right. */
  maskedInput(facts: ServerParameters, member: MemberId): Uint8Array {
    const { random, settings, inputOf } = this.#round;
    const { maskRounds } = SUITES[settings.suite];
    this.#owe(facts, member);
    this.#owed.addValues(inputOf(member));
    this.#left--;
    let packed: Uint8Array;
    if (this.#left > 0) {
      // Each vector is the previous one plus a fresh stream: as random as the stream itself.
      this.#noise.addMask(random(SIZES.seed), 1, maskRounds);
      packed = this.#noise.toPacked(settings.modulusBits);
      this.#sent.addPacked(packed, settings.modulusBits);
    } else {
      packed = this.#rest().toPacked(settings.modulusBits);
    }
    const length = vectorLength(settings);
    const bits = settings.modulusBits;
    return encodeMaskedInput({ suite: settings.suite, context: facts.sessionId, length, bits, packed });
  }

  /** Round 4: the shares. */
  reveal(facts: ServerParameters, member: MemberId): Uint8Array {
    const shares = this.#held.get(facts.indexOf.get(member)!)!;
    const count = shares.length / SIZES.share;
    const header = { suite: this.#round.settings.suite, context: facts.sessionId };
    return encodeUnmaskShares({ ...header, count, shares, signature: undefined });
  }

  /** What the last client must send once all others have sent theirs. */
  #rest(): MaskVector {
    const rest = createMaskVector(this.#owed.length);
    rest.addValues(this.#owed.words());
    rest.addValues(this.#sent.words().map((word) => -word));
    return rest;
  }

  /** Adds the masks of one client that do not cancel within the simulated ones. */
  #owe({ graph, sessionId, indexOf, roster }: ServerParameters, member: MemberId): void {
    const { primitives, settings, cast } = this.#round;
    const { maskRounds } = SUITES[settings.suite];
    const own = indexOf.get(member)!;
    const { mask, selfSeed } = this.#secrets.get(member)!;
    this.#owed.addMask(selfMaskKey(primitives, selfSeed, sessionId, own).expose(), 1, maskRounds);
    const agreement = primitives.x25519(mask.secretKey.expose());
    for (const neighbour of graph.neighbours(own)) {
      const peer = roster[clientIndex(neighbour)]!;
      if (!cast.dropped.has(peer.member) && !cast.real.has(peer.member)) continue;
      const key = pairMaskKey(primitives, agreement, sessionId, own, { index: neighbour, maskKey: peer.maskKey });
      this.#owed.addMask(key.expose(), own > neighbour ? 1 : -1, maskRounds);
    }
    agreement.wipe();
  }

  #keep(graph: Graph, holder: ClientIndex, owner: ClientIndex, share: Uint8Array): void {
    let row = this.#held.get(holder);
    if (row === undefined) this.#held.set(holder, (row = new Uint8Array((graph.degree + 1) * SIZES.share)));
    row.set(share, placeAmong(graph, holder, owner) * SIZES.share);
  }
}

/** Index of `owner` among those whose shares `holder` has, itself included. */
function placeAmong(graph: Graph, holder: ClientIndex, owner: ClientIndex): number {
  if (holder !== owner) return graph.placeOf(holder, owner) + (holder < owner ? 1 : 0);
  return graph.holders(holder).indexOf(holder);
}
