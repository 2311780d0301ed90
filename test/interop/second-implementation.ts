/**
 * A second implementation of what a client and a coordinator compute in a round, written from docs/protocol.md alone:
 * node:crypto, BigInt and nothing of `protocol/`. It is slow, leaks timing and wipes nothing; it is here to show that the
 * document suffices. Section numbers are the document's.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

type Bytes = Uint8Array;

// Section 1

export const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'hex'));
export const toHex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex');
export const join = (...parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));

function uint(value: bigint, size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

export const u8 = (value: number): Bytes => uint(BigInt(value), 1);
const u16 = (value: number): Bytes => uint(BigInt(value), 2);
export const u32 = (value: number): Bytes => uint(BigInt(value), 4);

function f32(value: number): Bytes {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return new Uint8Array(bytes);
}

function f64(value: number): Bytes {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return new Uint8Array(bytes);
}

export function text(value: string): Bytes {
  const bytes = Buffer.from(value, 'utf8');
  return join(u16(bytes.length), bytes);
}

export const block = (bytes: Bytes): Bytes => join(u32(bytes.length), bytes);

/** A little-endian bit string as one number, bit j of the string being bit j of the number. */
function number(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function bitmap(n: number, indices: readonly number[]): Bytes {
  return uint(
    indices.reduce((bits, index) => bits | (1n << BigInt(index)), 0n),
    Math.ceil(n / 8),
  );
}

// Section 3.1

export const sha256 = (bytes: Bytes): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest());

function encoded(label: string, parts: readonly Bytes[]): Bytes {
  return join(...[Buffer.from(`cairn/1 ${label}`, 'ascii'), ...parts].map(block));
}

export const T = (label: string, ...parts: readonly Bytes[]): Bytes => sha256(encoded(label, parts));

function K(ikm: Bytes, salt: Bytes, label: string, ...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(hkdfSync('sha256', ikm, salt, encoded(label, parts), 32));
}

// Section 3.2

type Curve = 'X25519' | 'Ed25519';
const base64url = (bytes: Bytes): string => Buffer.from(bytes).toString('base64url');

/** A secret key from its 32 bytes: the fixed PKCS #8 prefix of RFC 8410, then the bytes. */
function secretKey(curve: Curve, secret: Bytes): KeyObject {
  const prefix = hex(`302e020100300506032b65${curve === 'X25519' ? '6e' : '70'}04220420`);
  return createPrivateKey({ key: Buffer.from(join(prefix, secret)), format: 'der', type: 'pkcs8' });
}

function publicKey(curve: Curve, bytes: Bytes): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64url(bytes) }, format: 'jwk' });
}

export function publicOf(curve: Curve, secret: Bytes): Bytes {
  const { x } = createPublicKey(secretKey(curve, secret)).export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x!, 'base64url'));
}

export function x25519(secret: Bytes, peer: Bytes): Bytes {
  const options = { privateKey: secretKey('X25519', secret), publicKey: publicKey('X25519', peer) };
  return new Uint8Array(diffieHellman(options));
}

export const signed = (seed: Bytes, message: Bytes): Bytes =>
  new Uint8Array(sign(undefined, message, secretKey('Ed25519', seed)));

export const verifies = (key: Bytes, message: Bytes, signature: Bytes): boolean =>
  verify(undefined, message, publicKey('Ed25519', key), signature);

// Section 3.3

const rotate = (word: number, by: number): number => ((word << by) | (word >>> (32 - by))) >>> 0;

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  const half = (x: number, y: number, z: number, by: number): void => {
    state[x]! += state[y]!;
    state[z] = rotate(state[z]! ^ state[x]!, by);
  };
  half(a, b, d, 16);
  half(c, d, b, 12);
  half(a, b, d, 8);
  half(c, d, b, 7);
}

/** The first words of S(key, rounds). */
export function stream(key: Bytes, rounds: number, count: number): number[] {
  const words: number[] = [];
  const view = new DataView(key.buffer, key.byteOffset, 32);
  for (let counter = 0; words.length < count; counter++) {
    const start = Uint32Array.of(
      ...[0x61707865, 0x3320646e, 0x79622d32, 0x6b206574],
      ...Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true)),
      ...[counter, 0, 0, 0],
    );
    const state = start.slice();
    for (let round = 0; round < rounds; round += 2) {
      for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + i, 8 + i, 12 + i);
      for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
    words.push(...state.map((word, i) => word + start[i]!));
  }
  return words.slice(0, count);
}

// Section 3.4

export interface SealedPair {
  readonly sessionId: Bytes;
  /** X25519 of the pair's cipher keys. */
  readonly shared: Bytes;
  readonly from: number;
  readonly to: number;
}

export const sealKey = ({ sessionId, shared, from, to }: SealedPair): Bytes =>
  K(shared, sessionId, 'seal key', u32(from), u32(to));

const sealData = ({ sessionId, from, to }: SealedPair): Bytes => T('seal data', sessionId, u32(from), u32(to));
const TAG = { authTagLength: 16 } as const;

export function seal(pair: SealedPair, plaintext: Bytes): Bytes {
  const cipher = createCipheriv('chacha20-poly1305', sealKey(pair), new Uint8Array(12), TAG);
  cipher.setAAD(sealData(pair), { plaintextLength: plaintext.length });
  return join(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

export function open(pair: SealedPair, entry: Bytes): Bytes {
  const decipher = createDecipheriv('chacha20-poly1305', sealKey(pair), new Uint8Array(12), TAG);
  decipher.setAAD(sealData(pair), { plaintextLength: entry.length - 16 });
  decipher.setAuthTag(entry.subarray(entry.length - 16));
  return join(decipher.update(entry.subarray(0, entry.length - 16)), decipher.final());
}

// Section 3.5

const P = 69_206_017n;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, e = exponent; e > 0n; e >>= 1n, square = (square * square) % P) {
    if ((e & 1n) === 1n) result = (result * square) % P;
  }
  return result;
}

const inverse = (x: bigint): bigint => power(((x % P) + P) % P, P - 2n);

function pointOf(n: number, index: number): bigint {
  let m = 2n;
  while (m < BigInt(n)) m *= 2n;
  return power(power(5n, (P - 1n) / m), BigInt(index));
}

/** The ten values of a share. */
function valuesOf(share: Bytes): bigint[] {
  const bits = number(share);
  if (share.length !== 34 || bits >> 270n !== 0n) throw new Error('not a share');
  return Array.from({ length: 10 }, (_, i) => {
    const value = (bits >> BigInt(27 * i)) & ((1n << 27n) - 1n);
    if (value >= P) throw new Error('not an element of the field');
    return value;
  });
}

/** The polynomial through some points of a share's limb, evaluated at x. */
function interpolate(points: readonly (readonly [x: bigint, y: bigint])[], at: bigint): bigint {
  const sum = points.reduce((total, [x, y]) => {
    const others = points.filter(([other]) => other !== x);
    return others.reduce((product, [other]) => (product * (at - other) * inverse(x - other)) % P, y) + total;
  }, 0n);
  return ((sum % P) + P) % P;
}

/** A secret from t shares by index. */
export function openSecret(n: number, shares: ReadonlyMap<number, Bytes>): Bytes {
  const values = [...shares].map(([index, share]) => ({ x: pointOf(n, index), limbs: valuesOf(share) }));
  let secret = 0n;
  for (let limb = 0; limb < 10; limb++) {
    const value = interpolate(
      values.map(({ x, limbs }) => [x, limbs[limb]!] as const),
      0n,
    );
    if (value >> (limb === 9 ? 22n : 26n) !== 0n) throw new Error('the shares open to no secret');
    secret |= value << BigInt(26 * limb);
  }
  return uint(secret, 32);
}

/** Whether a further share lies on the polynomials that t others fix. */
export function isConsistent(n: number, shares: ReadonlyMap<number, Bytes>, index: number, share: Bytes): boolean {
  const values = [...shares].map(([holder, held]) => ({ x: pointOf(n, holder), limbs: valuesOf(held) }));
  return valuesOf(share).every(
    (value, limb) =>
      interpolate(
        values.map(({ x, limbs }) => [x, limbs[limb]!] as const),
        pointOf(n, index),
      ) === value,
  );
}

/** Shares a secret with given coefficients: for each limb those of x, x², … */
export function shareWith(
  n: number,
  index: number,
  secret: Bytes,
  coefficients: readonly (readonly bigint[])[],
): Bytes {
  const x = pointOf(n, index);
  const bits = number(secret);
  const share = coefficients.reduce((packed, higher, limb) => {
    const constant = (bits >> BigInt(26 * limb)) & ((1n << 26n) - 1n);
    const value = [constant, ...higher].reduceRight((sum, coefficient) => (sum * x + coefficient) % P, 0n);
    return packed | (value << BigInt(27 * limb));
  }, 0n);
  return uint(share, 34);
}

// Section 3.6

/** The root, by the recursive definition: n leaves split at the largest power of two below n. */
export function merkleRoot(leaves: readonly Bytes[], label = 'roster node'): Bytes {
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return T(label, merkleRoot(leaves.slice(0, split), label), merkleRoot(leaves.slice(split), label));
}

export function merkleHolds(root: Bytes, n: number, index: number, leaf: Bytes, proof: readonly Bytes[]): boolean {
  let node = leaf;
  let used = 0;
  for (let w = n, q = index; w > 1; w = Math.ceil(w / 2), q = Math.floor(q / 2)) {
    if ((q ^ 1) >= w) continue;
    if (used === proof.length) return false;
    node = q % 2 === 0 ? T('roster node', node, proof[used]!) : T('roster node', proof[used]!, node);
    used++;
  }
  return used === proof.length && toHex(node) === toHex(root);
}

// Section 4

export const TYPES = {
  invitation: 0x01,
  advertiseKeys: 0x02,
  roster: 0x03,
  shareKeys: 0x04,
  routedShares: 0x05,
  maskedInput: 0x06,
  survivors: 0x07,
  consistency: 0x08,
  unmaskRequest: 0x09,
  unmaskShares: 0x0a,
  outcome: 0x0b,
  abort: 0x0c,
  falseDealing: 0x0d,
  challenge: 0x20,
  hello: 0x21,
  welcome: 0x22,
  part: 0x23,
  taskNews: 0x24,
} as const;

export function message(suite: number, name: keyof typeof TYPES, context: Bytes, ...body: readonly Bytes[]): Bytes {
  return join(u8(1), u8(suite), u8(TYPES[name]), context, ...body);
}

export interface Keys {
  readonly member: number;
  readonly cipherKey: Bytes;
  readonly maskKey: Bytes;
}

export const advertisement = ({ member, cipherKey, maskKey }: Keys, signature?: Bytes): Bytes =>
  join(u32(member), cipherKey, maskKey, ...(signature === undefined ? [u8(0)] : [u8(1), signature]));

export const advertisedBytes = (settingsHash: Bytes, { member, cipherKey, maskKey }: Keys): Bytes =>
  T('sign advertise', settingsHash, u32(member), cipherKey, maskKey);

// Section 5

/** Settings by the names of section 5.1; `colludingPpm` and `dropoutPpm` are its colluding and dropout. */
export function settingsBytes(
  fields: Readonly<Record<string, string | number>>,
  privacy?: Readonly<Record<string, string | number>>,
): Bytes {
  const whole = (name: string): number => Number(fields[name]);
  const string = (name: string): string => String(fields[name]);
  return join(
    u8(whole('suite')),
    hex(string('nonce')),
    text(string('task')),
    u32(whole('round')),
    u8(whole('repeat')),
    u8(whole('rebases')),
    u8(['curious', 'active'].indexOf(string('adversary')) + 1),
    u8(['complete', 'ring', 'auto'].indexOf(string('graph')) + 1),
    ...['colludingPpm', 'dropoutPpm', 'threshold', 'minCohort', 'maxCohort', 'dimension'].map((name) =>
      u32(whole(name)),
    ),
    hex(string('modelHash')),
    hex(string('directoryHash')),
    u8(whole('modulusBits')),
    u8(whole('inputBits')),
    f64(whole('clip')),
    u32(whole('maxExamples')),
    f64(whole('lossBound')),
    rangesBytes(untrainedOf(fields), true),
    u8(0), // measures nothing
    text(string('training')),
    privacy === undefined ? u8(0) : privacyBytes(privacy),
  );
}

/** Untrained tensors, as a list of "first length bound" in a vector file. */
export const untrainedOf = ({ untrained = '' }: Readonly<Record<string, string | number>>): Range[] =>
  String(untrained)
    .split(', ')
    .filter((range) => range !== '')
    .map((range) => {
      const [from, size, bound] = range.split(' ').map(Number) as [number, number, number];
      return { from, length: size, bound };
    });

/** A number of ranges, each with its bound where that is asked for. */
const rangesBytes = (ranges: readonly Range[], bounds: boolean): Bytes =>
  join(
    u16(ranges.length),
    ...ranges.map(({ from, length: size, bound }) => join(u32(from), u32(size), ...(bounds ? [f64(bound)] : []))),
  );

/** Section 5.1, the noise: absent is one byte 0. */
function privacyBytes(fields: Readonly<Record<string, string | number>>): Bytes {
  const [noiseMultiplier, bitWidth, sampling, epsilon, delta, spent] = [
    'noiseMultiplier',
    'bitWidth',
    'sampling',
    'epsilon',
    'delta',
    'spent',
  ].map((name) => f64(Number(fields[name])));
  return join(
    u8(['central', 'distributed'].indexOf(String(fields['placement'])) + 1),
    u8(['discrete-gaussian', 'skellam'].indexOf(String(fields['distribution'])) + 1),
    noiseMultiplier!,
    u32(Number(fields['minHonestSurvivors'])),
    bitWidth!,
    sampling!,
    epsilon!,
    delta!,
    spent!,
  );
}

export function directoryBody(
  dates: { readonly serial: number; readonly issued: number; readonly notAfter: number },
  entries: readonly {
    readonly member: number;
    readonly name: string;
    readonly identityKey: Bytes;
    readonly notAfter: number;
    readonly tasks: readonly string[];
  }[],
): Bytes {
  const written = entries.map(({ member, name, identityKey, notAfter, tasks }) =>
    join(u32(member), text(name), identityKey, u32(notAfter), u8(tasks.length), ...tasks.map(text)),
  );
  return join(u8(2), u32(dates.serial), u32(dates.issued), u32(dates.notAfter), u32(entries.length), ...written);
}

// Section 6

/** Threshold and quorum of an active round on the complete graph, where all are witnesses. */
export function activeComplete(n: number, colluding: number): { readonly t: number; readonly q: number } {
  const c = Math.floor(n * colluding + 1e-9);
  return {
    t: Math.max(2, c + 1, Math.floor(n / 3) + 1),
    q: Math.max(Math.floor((2 * n) / 3), Math.floor((n + c) / 2)) + 1,
  };
}

export const sessionIdOf = (settingsHash: Bytes, ids: readonly number[], root: Bytes): Bytes =>
  T('session', settingsHash, u32(ids.length), join(...ids.map(u32)), root);

/** Uniform numbers below a bound, from the words of a stream. */
function uniformFrom(root: Bytes, sessionId: Bytes, label: string, n: number): (bound: number) => number {
  // Four words a step are more than enough: a word is rejected with a probability far below one half.
  const words = stream(K(root, sessionId, label), 20, 4 * n);
  let used = 0;
  return (bound) => {
    let word = words[used++]!;
    while (word >= 2 ** 32 - (2 ** 32 % bound)) word = words[used++]!;
    return word % bound;
  };
}

/** The witnesses, ascending: the first w places of a shuffle. */
export function witnessesOf(root: Bytes, sessionId: Bytes, n: number, w: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  if (w === n) return order;
  const uniform = uniformFrom(root, sessionId, 'witnesses', n);
  for (let i = 0; i < w; i++) {
    const j = i + uniform(n - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, w).sort((a, b) => a - b);
}

/** The ring's permutation. */
export function permutation(root: Bytes, sessionId: Bytes, n: number): number[] {
  const uniform = uniformFrom(root, sessionId, 'permutation', n);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i >= 1; i--) {
    const j = uniform(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

export function ringNeighbours(order: readonly number[], degree: number, index: number): number[] {
  const n = order.length;
  const position = order.indexOf(index);
  return Array.from({ length: degree / 2 }, (_, i) => [
    order[(position + i + 1) % n]!,
    order[(position - i - 1 + n) % n]!,
  ])
    .flat()
    .sort((a, b) => a - b);
}

// Section 7

export interface Range {
  readonly from: number;
  readonly length: number;
  readonly bound: number;
}

export interface Quantization {
  readonly untrained?: readonly Range[];
  readonly clip: number;
  readonly inputBits: number;
  readonly modulusBits: number;
  readonly maxExamples: number;
  readonly lossBound: number;
}

const modulo = (value: number, bits: number): number => ((value % 2 ** bits) + 2 ** bits) % 2 ** bits;

export function quantize(
  { clip, inputBits, modulusBits, maxExamples, lossBound, untrained = [] }: Quantization,
  data: {
    readonly update: readonly number[];
    readonly examples: number;
    readonly loss: number;
    readonly accuracy: number;
  },
  words: readonly number[],
): number[] {
  const top = 2 ** (inputBits - 1) - 1;
  const rangeOf = (j: number): Range | undefined =>
    untrained.find(({ from, length: size }) => j >= from && j < from + size);
  const norm = Math.sqrt(data.update.reduce((sum, value, j) => sum + (rangeOf(j) ? 0 : value * value), 0));
  const factor = norm > clip ? clip / norm : 1;
  const counted = Math.min(data.examples, maxExamples);
  const weight = counted / maxExamples;
  const scaled = [
    ...data.update.map((value, j) => {
      const range = rangeOf(j);
      if (range === undefined) return value * ((factor * weight * top) / clip);
      return (value / Math.max(range.bound, maxIn(data.update, range))) * weight * top;
    }),
    (counted * top) / Math.max(maxExamples, top),
    (weight * within(data.loss, lossBound) * top) / lossBound,
    weight * Math.min(Math.max(data.accuracy, 0), 1) * top,
    factor < 1 ? 1 : 0,
    data.examples > maxExamples ||
    Math.abs(data.loss) > lossBound ||
    untrained.some((range) => maxIn(data.update, range) > range.bound)
      ? 1
      : 0,
  ];
  const before = scaled.map((value, i) => {
    const cut = Math.max(-top, Math.min(top, value));
    const low = Math.floor(cut);
    return modulo(low + (words[i]! < (cut - low) * 2 ** 32 ? 1 : 0), modulusBits);
  });
  const peaks = [
    ...LADDERS.examples.map((level) => data.examples > level),
    ...LADDERS.loss.map((level) => Math.abs(data.loss) > level),
    ...untrained.flatMap((range) => LADDERS.untrained.map((level) => maxIn(data.update, range) > level)),
  ];
  return [...before, ...peaks.map((above, i) => (above ? modulo(words[before.length + i]!, modulusBits) : 0))];
}

const within = (value: number, bound: number): number => Math.max(-bound, Math.min(bound, value));

const maxIn = (update: readonly number[], { from, length: size }: Range): number =>
  Math.max(...update.slice(from, from + size).map(Math.abs));

/** Section 7.1: the levels of the peaks. */
const LADDERS = {
  examples: Array.from({ length: 21 }, (_, k) => 2 ** k),
  loss: Array.from({ length: 14 }, (_, k) => 4 ** (k - 4)),
  untrained: Array.from({ length: 20 }, (_, k) => 4 ** (k - 8)),
};

/** Section 7.1: coordinates of a vector. */
export const vectorLengthOf = (dimension: number, untrained: number): number =>
  dimension + 5 + 21 + 14 + 20 * untrained;

/** F of section 7.3: what a model is known by, whatever its file. */
export const modelPoint = (values: readonly number[]): Bytes =>
  T('model point', join(...values.map((value) => f32(value + 0))));

/** The terms of section 7.3, of settings without noise. */
export function terms(fields: Readonly<Record<string, string | number>>): Bytes {
  const number = (name: string): number => Number(fields[name]);
  return T(
    'terms',
    join(
      f64(number('clip')),
      u32(number('maxExamples')),
      f64(number('lossBound')),
      Uint8Array.of(number('inputBits')),
      text(String(fields['training'])),
      rangesBytes(untrainedOf(fields), true),
      Uint8Array.of(0),
    ),
  );
}

/** I of section 7.3. */
export function inputRecord(
  seed: Bytes,
  point: Bytes,
  repeat: number,
  {
    update,
    examples,
    loss,
    accuracy,
  }: {
    readonly update: readonly number[];
    readonly examples: number;
    readonly loss: number;
    readonly accuracy: number;
  },
): Bytes {
  const digest = sha256(join(...update.map(f32), f64(examples), f64(loss), f64(accuracy)));
  return K(seed, point, 'input record', u32(repeat), digest);
}

/** The key of the words by which an input without noise is rounded. */
export const roundingKey = (seed: Bytes, record: Bytes, ofTerms: Bytes): Bytes =>
  K(seed, record, 'rounding', ofTerms, u32(0));

export function readSum(
  { clip, inputBits, modulusBits, maxExamples, lossBound, untrained = [] }: Quantization,
  sum: readonly number[],
): { readonly update: number[]; readonly examples: number; readonly loss: number; readonly accuracy: number } {
  const top = 2 ** (inputBits - 1) - 1;
  const values = sum.map((word) => (word >= 2 ** (modulusBits - 1) ? word - 2 ** modulusBits : word));
  const dimension = sum.length - vectorLengthOf(0, untrained.length);
  const boundOf = (j: number): number =>
    untrained.find(({ from, length: size }) => j >= from && j < from + size)?.bound ?? clip;
  const examples = (values[dimension]! * Math.max(maxExamples, top)) / top;
  const weight = examples / maxExamples;
  return {
    update: values.slice(0, dimension).map((value, j) => Math.fround(value * (boundOf(j) / (top * weight)))),
    examples,
    loss: (values[dimension + 1]! * lossBound) / (top * weight),
    accuracy: values[dimension + 2]! / (top * weight),
  };
}

export const selfMaskKey = (seed: Bytes, sessionId: Bytes, index: number): Bytes =>
  K(seed, sessionId, 'self mask', u32(index));

export const seedCommitment = (seed: Bytes, sessionId: Bytes, index: number): Bytes =>
  T('seed commitment', sessionId, u32(index), seed);

/** Section 7.4: the owner's signature over its commitment. */
export const signedCommitment = (identity: Bytes, sessionId: Bytes, index: number, commitment: Bytes): Bytes =>
  signed(identity, T('sign commitment', sessionId, u32(index), commitment));

/** Section 8, unmasking: the holder's signature over all shares that it reveals, by owner. */
export function signedShares(
  identity: Bytes,
  sessionId: Bytes,
  holder: number,
  survivors: Bytes,
  shares: readonly (readonly [owner: number, share: Bytes])[],
): Bytes {
  const leaves = shares.map(([owner, share]) =>
    T('share leaf', sessionId, u32(owner), u8((survivors[owner >> 3]! >> (owner & 7)) & 1 ? 1 : 2), share),
  );
  const root = merkleRoot(leaves, 'share node');
  return signed(identity, T('sign shares', sessionId, u32(holder), sha256(survivors), root));
}

export const pairMaskKey = (secret: Bytes, maskKey: Bytes, sessionId: Bytes, u: number, v: number): Bytes =>
  K(x25519(secret, maskKey), sessionId, 'pair mask', u32(Math.min(u, v)), u32(Math.max(u, v)));

/** Vectors, each with a sign, added modulo 2^bits. */
export function addUp(
  bits: number,
  ...terms: readonly (readonly [sign: 1 | -1, words: readonly number[]])[]
): number[] {
  return terms[0]![1].map((_, i) => {
    const total = terms.reduce((sum, [sign, words]) => sum + BigInt(sign) * BigInt(words[i]!), 0n);
    return Number(BigInt.asUintN(bits, total));
  });
}

export function pack(values: readonly number[], bits: number): Bytes {
  const packed = new Uint8Array(Math.ceil((values.length * bits) / 8));
  for (let j = 0; j < values.length * bits; j++) {
    const bit = Math.floor(values[Math.floor(j / bits)]! / 2 ** (j % bits)) % 2;
    packed[j >> 3]! |= bit << (j & 7);
  }
  return packed;
}

export function unpack(packed: Bytes, count: number, bits: number): number[] {
  const all = number(packed);
  return Array.from({ length: count }, (_, i) => Number(BigInt.asUintN(bits, all >> BigInt(i * bits))));
}

// Section 6.1, in exact arithmetic

/** A share of members in parts per million, of n of them. */
const shareOf = (n: number, ppm: number): number => Math.floor(n * (ppm / 1e6) + 1e-9);

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let result = 1n;
  for (let i = 1; i <= Math.min(k, n - k); i++) result = (result * BigInt(n - i + 1)) / BigInt(i);
  return result;
}

/** The number of draws of k out of n in which x of `marked` come, for each x. */
const draws = (n: number, marked: number, k: number): bigint[] =>
  Array.from({ length: k + 1 }, (_, x) => choose(marked, x) * choose(n - marked, k - x));

const total = (terms: readonly bigint[]): bigint => terms.reduce((sum, term) => sum + term, 0n);

/** Whether count / all ≤ 2^−bits / n. */
const isRare = (count: bigint, all: bigint, bits: number, n: number): boolean =>
  (count * BigInt(n)) << BigInt(bits) <= all;

export interface Asked {
  readonly n: number;
  readonly adversary: 'curious' | 'active';
  readonly colludingPpm: number;
  readonly dropoutPpm: number;
}

/** The finder's ring: degree and threshold, or undefined where no ring is safe. */
function findRing({ n, adversary, colludingPpm, dropoutPpm }: Asked): [k: number, t: number] | undefined {
  const sigma = adversary === 'active' ? 101 : 40;
  const c = shareOf(n, colludingPpm);
  const d = shareOf(n, dropoutPpm);
  const removed = Math.min(n, c + d);
  for (let k = 2; k < n; k += 2) {
    const cut = BigInt((n * (n - k - 1)) / 2) * choose(n - k, removed - k);
    if (k < n - 1 && cut << BigInt(sigma + 1) >= choose(n, removed)) continue;
    const all = choose(n, k);
    const colluders = draws(n, c, k);
    const survivors = draws(n, n - d, k);
    let t1 = 0;
    while (!isRare(total(colluders.slice(t1 + 1)), all, sigma + 1, n)) t1++;
    let t2 = 0;
    while (isRare(total(survivors.slice(0, t2 + 1)), all, 20, n)) t2++;
    const t = Math.max(2, adversary === 'active' ? Math.floor((t1 + k + 1) / 2) + 1 : t1 + 1);
    if (t <= t2) return [k, t];
  }
  return undefined;
}

/** The finder's witnesses and their quorum on an active ring, or undefined where there are none. */
function findWitnesses({ n, colludingPpm, dropoutPpm }: Asked, sigma = 101): [w: number, q: number] | undefined {
  const c = shareOf(n, colludingPpm);
  const d = shareOf(n, dropoutPpm);
  if (c + 2 * d + 1 > n) return undefined;
  const quorum = (w: number): number => {
    const all = choose(n, w);
    const corrupt = draws(n, c, w);
    let x = 0;
    while (!isRare(total(corrupt.slice(x)), all, sigma, 1)) x++;
    return Math.ceil((w + x) / 2);
  };
  const isReached = (w: number): boolean => {
    const lost = w - quorum(w);
    return lost >= 0 && isRare(total(draws(n, d, w).slice(lost + 1)), choose(n, w), 20, 1);
  };
  let [low, high] = [0, c + 2 * d + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(middle)) high = middle;
    else low = middle;
  }
  const w = 5 * high > 4 * n ? n : high;
  return [w, quorum(w)];
}

/** Graph, degree, threshold, witnesses and quorum of a round that asks for graph `auto` and no threshold. */
export function automatic(asked: Asked): [graph: 'complete' | 'ring', k: number, t: number, w: number, q: number] {
  const { n, adversary, colludingPpm } = asked;
  const ring = n < 64 ? undefined : findRing(asked);
  const committee = adversary === 'active' ? findWitnesses(asked) : ([0, 0] as const);
  if (ring !== undefined && committee !== undefined && ring[0] < n - 1) return ['ring', ...ring, ...committee];
  const c = shareOf(n, colludingPpm);
  if (adversary === 'curious') return ['complete', n - 1, Math.max(2, c + 1, Math.floor(n / 2) + 1), 0, 0];
  const { t, q } = activeComplete(n, colludingPpm / 1e6);
  return ['complete', n - 1, t, n, q];
}
