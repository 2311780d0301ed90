/**
 * The cryptographic suite: every label, size and choice of algorithm that both sides must agree on is here and nowhere
 * else. Changing any line requires a new suite id.
 */

/** Version of the message formats, the first byte of every message. */
export const PROTOCOL_VERSION = 1;

/**
 * Suite 1: X25519, Ed25519, HKDF-SHA-256, ChaCha12 as mask stream, Shamir over p = 69 206 017, ChaCha20-Poly1305 seals.
 * Suite 2 is the same with ChaCha20 as mask stream. The second byte of every message.
 */
export const SUITES = { 1: { maskRounds: 12 }, 2: { maskRounds: 20 } } as const;

/** A suite's id. */
export type SuiteId = keyof typeof SUITES;

/** The suite that a task uses unless it asks for another. */
export const DEFAULT_SUITE: SuiteId = 1;

/** Sizes in bytes. */
export const SIZES = {
  /** SHA-256, and with it session ids, settings hashes, model hashes and Merkle nodes. */
  hash: 32,
  /** X25519 public and secret keys, Ed25519 public keys and seeds. */
  key: 32,
  /** Ed25519 signatures. */
  signature: 64,
  /** Self mask seeds and every key that HKDF derives here. */
  seed: 32,
  /** The random part of a round's settings. */
  roundNonce: 16,
  /** The challenge that a client signs when it connects. */
  challenge: 32,
  /** Poly1305 tag of a seal. */
  sealTag: 16,
  /** Nonce of a seal: always zero, since every seal key is used for exactly one message. */
  sealNonce: 12,
  /** One Shamir share of a 32-byte secret: ten limbs of 27 bits, padded with two zero bits. */
  share: 34,
} as const;

/** Domain-separation labels; each enters one hash, derivation or signature and no other. */
export const LABELS = {
  settings: 'cairn/1 settings',
  rosterLeaf: 'cairn/1 roster leaf',
  rosterNode: 'cairn/1 roster node',
  session: 'cairn/1 session',
  permutation: 'cairn/1 permutation',
  witnesses: 'cairn/1 witnesses',
  sealKey: 'cairn/1 seal key',
  sealData: 'cairn/1 seal data',
  pairMask: 'cairn/1 pair mask',
  selfMask: 'cairn/1 self mask',
  seedCommitment: 'cairn/1 seed commitment',
  signAdvertise: 'cairn/1 sign advertise',
  signSurvivors: 'cairn/1 sign survivors',
  signCommitment: 'cairn/1 sign commitment',
  signShares: 'cairn/1 sign shares',
  shareLeaf: 'cairn/1 share leaf',
  shareNode: 'cairn/1 share node',
  signDirectory: 'cairn/1 sign directory',
  signHello: 'cairn/1 sign hello',
  signQuestion: 'cairn/1 sign question',
  serverLink: 'cairn/1 server link',
  dealerSession: 'cairn/1 dealer session',
  signRequest: 'cairn/1 sign request',
  directory: 'cairn/1 directory',
  rotation: 'cairn/1 rotation',
  rebase: 'cairn/1 rebase',
  modelPoint: 'cairn/1 model point',
  measuringPoint: 'cairn/1 measuring point',
  inputRecord: 'cairn/1 input record',
  terms: 'cairn/1 terms',
  rounding: 'cairn/1 rounding',
  trainingSeed: 'cairn/1 training seed',
  subset: 'cairn/1 subset',
  baseTransfer: 'cairn/1 base transfer',
  transferSetup: 'cairn/1 transfer setup',
  transferHash: 'cairn/1 transfer hash',
} as const;

/** One of {@link LABELS}. */
export type Label = (typeof LABELS)[keyof typeof LABELS];

/** Shamir's field: p = 33·2^21 + 1, so that p has 2^k-th roots of unity up to k = 21 and products fit a double. */
export const FIELD = {
  prime: 69_206_017,
  /** A generator of the multiplicative group of the field. */
  generator: 5,
  /** Exponent of two in p − 1: at most 2^21 members. */
  twoAdicity: 21,
  /** Limbs of a 32-byte secret, and bits of a limb. */
  limbs: 10,
  limbBits: 26,
} as const;
