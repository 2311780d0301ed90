import { describe, expect, it } from 'vitest';
import {
  activeComplete,
  addUp,
  advertisedBytes,
  advertisement,
  bitmap,
  block,
  directoryBody,
  hex,
  inputRecord,
  isConsistent,
  join,
  merkleRoot,
  message,
  modelPoint,
  open,
  openSecret,
  pack,
  pairMaskKey,
  publicOf,
  quantize,
  readSum,
  roundingKey,
  seal,
  sealKey,
  seedCommitment,
  selfMaskKey,
  sessionIdOf,
  settingsBytes,
  shareWith,
  sha256,
  signed,
  signedCommitment,
  signedShares,
  stream,
  T,
  terms,
  text,
  toHex,
  u32,
  u8,
  unpack,
  untrainedOf,
  vectorLengthOf,
  verifies,
  x25519,
} from './second-implementation.ts';
import { readVector } from './support/files.ts';
import type { Transcript, TranscriptMember } from './support/transcript.ts';

// Everything here is computed from the secrets of the vector file, section by section of docs/protocol.md.

const vector = readVector('test/vectors/transcript.json') as Transcript;
const { fields } = vector.settings;
const { members } = vector;
const n = members.length;
const bits = Number(fields.modulusBits);
const length = vectorLengthOf(Number(fields.dimension), untrainedOf(fields).length);
const settingsHash = T('settings', settingsBytes(fields));
const advertised = members.map(({ member, cipherSecret, maskSecret, identitySeed }) => {
  const keys = {
    member,
    cipherKey: publicOf('X25519', hex(cipherSecret)),
    maskKey: publicOf('X25519', hex(maskSecret)),
  };
  return { ...keys, bytes: advertisement(keys, signed(hex(identitySeed), advertisedBytes(settingsHash, keys))) };
});
const root = merkleRoot(advertised.map(({ bytes }) => T('roster leaf', bytes)));
const sessionId = sessionIdOf(
  settingsHash,
  members.map(({ member }) => member),
  root,
);
const { t, q } = activeComplete(n, Number(fields.colludingPpm) / 1e6);
const survivors = members.filter(({ values }) => values.length > 0);
const bitmapBytes = bitmap(
  n,
  survivors.map(({ index }) => index),
);
const others = (index: number): TranscriptMember[] => members.filter((member) => member.index !== index);

/** Bytes of the messages of a type, from or to the members in question, in order. */
const messages = (name: string): string[] =>
  vector.messages.filter((sent) => sent.name === name).map(({ bytes }) => bytes);
const body = (bytes: string): Uint8Array => hex(bytes).subarray(35);

const shareOf = (owner: number, holder: number): { key: Uint8Array; seed: Uint8Array } => {
  const share = vector.shares.find((one) => one.owner === owner && one.holder === holder)!;
  return { key: hex(share.ofMaskKey), seed: hex(share.ofSelfSeed) };
};

const pairOf = (from: number, to: number): Parameters<typeof seal>[0] => ({
  sessionId,
  shared: x25519(hex(members[from]!.cipherSecret), advertised[to]!.cipherKey),
  from,
  to,
});

const selfMask = ({ index, selfSeed }: TranscriptMember): number[] =>
  stream(selfMaskKey(hex(selfSeed), sessionId, index), 12, length);

const pairMask = (secret: Uint8Array, u: number, v: number): number[] =>
  stream(pairMaskKey(secret, advertised[v]!.maskKey, sessionId, u, v), 12, length);

/** y_u of section 7.4: all four are in U2. */
function maskedInput(member: TranscriptMember): number[] {
  const { index, maskSecret, values } = member;
  return addUp(
    bits,
    [1, values],
    [1, selfMask(member)],
    ...others(index).map(
      (other) => [index > other.index ? 1 : -1, pairMask(hex(maskSecret), index, other.index)] as const,
    ),
  );
}

describe('an implementation written from docs/protocol.md alone', () => {
  it('signs and hashes the member directory', () => {
    const entries = members.map(({ member, name, identitySeed, notAfter, tasks }) => ({
      member,
      name,
      identityKey: publicOf('Ed25519', hex(identitySeed)),
      notAfter,
      tasks,
    }));
    const directory = directoryBody(vector.directory, entries);
    const signature = signed(hex(vector.authority.seed), T('sign directory', directory));
    expect(toHex(join(directory, signature))).toBe(vector.directory.bytes);
    expect(toHex(T('directory', directory))).toBe(vector.directory.hash);
    expect(toHex(publicOf('Ed25519', hex(vector.authority.seed)))).toBe(vector.authority.publicKey);
  });

  it('says Hello', () => {
    const { member, identitySeed } = members[0]!;
    const [challenge, hello, welcome, news] = vector.messages;
    const context = hex(challenge!.bytes).subarray(3, 35);
    const task = new TextEncoder().encode(String(fields.task));
    const address = Buffer.from('https://example.org/cairn/');
    const signature = signed(hex(identitySeed), T('sign hello', context, address, u32(member), task));
    expect(toHex(message(1, 'challenge', context))).toBe(challenge!.bytes);
    expect(
      toHex(
        message(
          1,
          'hello',
          context,
          u8(1),
          u32(member),
          text('https://example.org/cairn/'),
          signature,
          u8(1),
          text(String(fields.task)),
        ),
      ),
    ).toBe(hello!.bytes);
    expect(toHex(message(1, 'welcome', context, u32(member), u32(0)))).toBe(welcome!.bytes);
    const counts = [0, 1, 1, Number(fields.minCohort)].map(u32);
    const told = [text(String(fields.task)), u8(1), ...counts, hex(String(fields.modelHash)), text(''), text('')];
    expect(toHex(message(1, 'taskNews', context, ...told))).toBe(news!.bytes);
  });

  it('hashes settings and model, and reads the invitation', () => {
    expect(toHex(settingsBytes(fields))).toBe(vector.settings.bytes);
    expect(toHex(settingsHash)).toBe(vector.settings.hash);
    expect(toHex(sha256(hex(vector.model.bytes)))).toBe(fields.modelHash);
    const invitation = toHex(message(1, 'invitation', settingsHash, block(settingsBytes(fields))));
    expect(messages('invitation')).toEqual(members.map(() => invitation));
  });

  it('advertises the same keys with the same signatures', () => {
    expect(messages('advertiseKeys')).toEqual(
      advertised.map(({ bytes }) => toHex(message(1, 'advertiseKeys', settingsHash, bytes))),
    );
    members.forEach(({ identityKey }, i) => {
      const signature = advertised[i]!.bytes.subarray(69);
      expect(verifies(hex(identityKey), advertisedBytes(settingsHash, advertised[i]!), signature)).toBe(true);
    });
  });

  it('derives threshold, roster, root and session id', () => {
    expect(t).toBe(vector.session.threshold);
    expect([n, q]).toEqual([vector.session.witnesses, vector.session.quorum]);
    expect(vector.session.degree).toBe(n - 1);
    expect(advertised.map(({ bytes }) => toHex(T('roster leaf', bytes)))).toEqual(vector.session.leaves);
    expect(toHex(root)).toBe(vector.session.root);
    expect(toHex(sessionId)).toBe(vector.session.sessionId);
    const all = advertised.map(({ bytes }) => bytes);
    expect(messages('roster')).toEqual(
      members.map(({ index }) => toHex(message(1, 'roster', settingsHash, u32(n), u32(index), u8(1), ...all))),
    );
  });

  it('seals the same entries, and opens those that were routed', () => {
    for (const { low, high, cipherShared, sealKeyLowToHigh, sealKeyHighToLow } of vector.pairs) {
      expect(toHex(pairOf(low, high).shared)).toBe(cipherShared);
      expect(toHex(pairOf(high, low).shared)).toBe(cipherShared);
      expect(toHex(sealKey(pairOf(low, high)))).toBe(sealKeyLowToHigh);
      expect(toHex(sealKey(pairOf(high, low)))).toBe(sealKeyHighToLow);
    }
    expect(messages('shareKeys')).toEqual(
      members.map(({ index }) => {
        const sealed = others(index).map((to) => {
          const { key, seed } = shareOf(index, to.index);
          return seal(pairOf(index, to.index), join(key, seed));
        });
        const commitment = seedCommitment(hex(members[index]!.selfSeed), sessionId, index);
        expect(toHex(commitment)).toBe(members[index]!.seedCommitment);
        const signature = signedCommitment(hex(members[index]!.identitySeed), sessionId, index, commitment);
        return toHex(message(1, 'shareKeys', sessionId, commitment, u8(1), signature, u32(n - 1), ...sealed));
      }),
    );
    messages('routedShares').forEach((routed, to) => {
      const bytes = body(routed);
      expect(toHex(bytes.subarray(0, 5))).toBe('0300000007'); // three neighbours, all of them present
      others(to).forEach(({ index: from }, place) => {
        const entry = bytes.subarray(5 + 84 * place, 5 + 84 * (place + 1));
        const { key, seed } = shareOf(from, to);
        expect(toHex(open(pairOf(from, to), entry))).toBe(toHex(join(key, seed)));
      });
    });
  });

  it('finds that every share belongs to its secret', () => {
    for (const { index: owner, maskSecret, selfSeed } of members) {
      for (const kind of ['key', 'seed'] as const) {
        const held = new Map(members.map(({ index }) => [index, shareOf(owner, index)[kind]] as const));
        const first = new Map([...held].slice(0, t));
        const last = new Map([...held].slice(-t));
        const secret = kind === 'key' ? maskSecret : selfSeed;
        expect(toHex(openSecret(n, first))).toBe(secret);
        expect(toHex(openSecret(n, last))).toBe(secret);
        for (const [holder, share] of held) expect(isConsistent(n, first, holder, share)).toBe(true);
      }
    }
  });

  it("draws the same shares from the replay's randomness", () => {
    const words = 32 + 2 * 10 * t;
    for (const { index, randomKey, maskSecret, selfSeed } of members) {
      const drawn = stream(hex(randomKey), 20, words).slice(32);
      expect(drawn.every((word) => word < Math.floor(2 ** 32 / 69_206_017) * 69_206_017)).toBe(true);
      const coefficients = Array.from({ length: 20 }, (_, limb) =>
        drawn.slice(t * limb + 1, t * (limb + 1)).map((word) => BigInt(word % 69_206_017)),
      );
      for (const { index: holder } of members) {
        const { key, seed } = shareOf(index, holder);
        expect(toHex(shareWith(n, holder, hex(maskSecret), coefficients.slice(0, 10)))).toBe(toHex(key));
        expect(toHex(shareWith(n, holder, hex(selfSeed), coefficients.slice(10)))).toBe(toHex(seed));
      }
    }
  });

  it('knows the model, the terms and each input by the same bytes, and rounds by the same words', () => {
    // The model's values are the last bytes of its file.
    const file = Buffer.from(hex(vector.model.bytes));
    const values = Array.from({ length: Number(fields.dimension) }, (_, i) =>
      file.readFloatLE(file.length - 4 * (Number(fields.dimension) - i)),
    );
    const point = modelPoint(values);
    const ofTerms = terms(fields);
    expect(toHex(point)).toBe(vector.model.point);
    expect(toHex(ofTerms)).toBe(vector.settings.terms);
    for (const member of survivors) {
      const seed = hex(member.identitySeed);
      const record = inputRecord(seed, point, Number(fields.repeat), member);
      const key = roundingKey(seed, record, ofTerms);
      expect(toHex(record)).toBe(member.inputRecord);
      expect(toHex(key)).toBe(member.roundingKey);
      expect(stream(key, 12, length)).toEqual(member.roundingWords);
    }
  });

  it('quantizes with the same words', () => {
    const scheme = {
      clip: Number(fields.clip),
      inputBits: Number(fields.inputBits),
      modulusBits: bits,
      maxExamples: Number(fields.maxExamples),
      lossBound: Number(fields.lossBound),
      untrained: untrainedOf(fields),
    };
    for (const member of survivors) expect(quantize(scheme, member, member.roundingWords)).toEqual(member.values);
    const { update, examples, loss, accuracy } = vector.sum;
    expect(readSum(scheme, vector.sum.opened)).toEqual({ update, examples, loss, accuracy });
  });

  it('derives the same masks, and masks the same inputs', () => {
    for (const member of members) {
      expect(toHex(selfMaskKey(hex(member.selfSeed), sessionId, member.index))).toBe(member.selfMaskKey);
      expect(selfMask(member)).toEqual(member.selfMask);
    }
    for (const { low, high, maskShared, pairMaskKey: key, pairMask: words } of vector.pairs) {
      expect(toHex(x25519(hex(members[low]!.maskSecret), advertised[high]!.maskKey))).toBe(maskShared);
      for (const [u, v] of [
        [low, high],
        [high, low],
      ]) {
        const secret = hex(members[u!]!.maskSecret);
        expect(toHex(pairMaskKey(secret, advertised[v!]!.maskKey, sessionId, u!, v!))).toBe(key);
        expect(pairMask(secret, u!, v!)).toEqual(words);
      }
    }
    expect(messages('maskedInput')).toEqual(
      survivors.map((member) =>
        toHex(message(1, 'maskedInput', sessionId, u32(length), u8(bits), pack(maskedInput(member), bits))),
      ),
    );
  });

  it('tells the lost member, and asks for and gives the same signatures', () => {
    const signedBytes = T('sign survivors', sessionId, sha256(bitmapBytes));
    const signatures = survivors.map(({ identitySeed }) => signed(hex(identitySeed), signedBytes));
    const [abort] = messages('abort');
    expect(abort!.startsWith(toHex(message(1, 'abort', settingsHash, text('deadline-missed'))))).toBe(true);
    expect(abort!.endsWith('00')).toBe(true);
    expect(toHex(bitmapBytes)).toBe(vector.consistency.survivors);
    expect(toHex(signedBytes)).toBe(vector.consistency.signedBytes);
    expect(messages('survivors')).toEqual(
      survivors.map(() => toHex(message(1, 'survivors', sessionId, u32(n), bitmapBytes))),
    );
    expect(messages('consistency')).toEqual(
      signatures.map((signature) => toHex(message(1, 'consistency', sessionId, signature))),
    );
    // All are witnesses, so their bitmap is over the roster; the three that are left are just a quorum.
    expect(signatures).toHaveLength(q);
    const signers = bitmap(
      n,
      survivors.map(({ index }) => index),
    );
    const request = message(1, 'unmaskRequest', sessionId, u32(n), bitmapBytes, u32(n), signers, ...signatures);
    expect(messages('unmaskRequest')).toEqual(survivors.map(() => toHex(request)));
  });

  it('reveals the same shares', () => {
    expect(messages('unmaskShares')).toEqual(
      survivors.map(({ index: holder }) => {
        const shares = members.map(({ index: owner, values }) => {
          const { seed, key } = shareOf(owner, holder);
          return [owner, values.length > 0 ? seed : key] as const;
        });
        const signature = signedShares(hex(members[holder]!.identitySeed), sessionId, holder, bitmapBytes, shares);
        return toHex(
          message(1, 'unmaskShares', sessionId, u32(n), ...shares.map(([, share]) => share), u8(1), signature),
        );
      }),
    );
  });

  it('opens the sum from the messages alone', () => {
    // From here on the coordinator's view: masked inputs, revealed shares, advertised keys.
    const inputs = messages('maskedInput').map((bytes) => unpack(body(bytes).subarray(5), length, bits));
    const revealed = messages('unmaskShares').map((bytes) => body(bytes).subarray(4));
    const masked = addUp(bits, ...inputs.map((input) => [1, input] as const));
    expect(masked).toEqual(vector.sum.masked);
    const secrets = members.map(({ index: owner }) => {
      const shares = survivors.map(
        ({ index: holder }, i) => [holder, revealed[i]!.subarray(34 * owner, 34 * (owner + 1))] as const,
      );
      return openSecret(n, new Map(shares.slice(0, t)));
    });
    expect(secrets.map(toHex)).toEqual(vector.rebuilt.map(({ secret }) => secret));
    const corrections = members.flatMap(({ index: u, values }) => {
      if (values.length > 0) {
        const committed = body(messages('shareKeys')[u]!).subarray(0, 32);
        expect(toHex(seedCommitment(secrets[u]!, sessionId, u))).toBe(toHex(committed));
        return [[-1, stream(selfMaskKey(secrets[u]!, sessionId, u), 12, length)] as const];
      }
      expect(toHex(publicOf('X25519', secrets[u]!))).toBe(toHex(advertised[u]!.maskKey));
      return survivors.map(({ index: v }) => [v > u ? -1 : 1, pairMask(secrets[u]!, u, v)] as const);
    });
    const sum = addUp(bits, [1, masked], ...corrections);
    expect(sum).toEqual(vector.sum.opened);
    expect(sum).toEqual(addUp(bits, ...survivors.map(({ values }) => [1, values] as const)));
  });

  it('makes the same model of the same update, bit for bit', () => {
    const valuesOf = (file: Uint8Array): Float32Array =>
      new Float32Array(file.slice(-4 * Number(fields.dimension)).buffer);
    const before = valuesOf(hex(vector.model.bytes));
    // Section 7.3: fedavg with a learning rate of 1.
    const next = vector.sum.update.map((value, j) => Math.fround(before[j]! + value));
    expect([...valuesOf(hex(vector.model.newBytes))]).toEqual(next);
  });

  it('reads the outcome', () => {
    const newHash = sha256(hex(vector.model.newBytes));
    expect(toHex(newHash)).toBe(vector.model.newHash);
    expect(messages('outcome')).toEqual(
      members.map(({ values }) =>
        toHex(message(1, 'outcome', settingsHash, u8(1), u8(values.length > 0 ? 1 : 0), newHash)),
      ),
    );
  });
});
