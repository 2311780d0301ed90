/** Bounds that every decoder applies before it allocates. A value beyond one is `wire-bounds`. */
export const LIMITS = {
  /** Members of one round. Shamir's field would allow 2^21; a single cohort of a million is unrealistic. */
  members: 1 << 20,
  /** Coordinates of a masked vector. */
  coordinates: 1 << 28,
  /** Bytes of a task's name, and of a member's name. */
  name: 128,
  /** Untrained tensors of a model: few enough that settings with the longest training options fit an invitation. */
  untrained: 512,
  /** Bytes of a round's training options (JSON). */
  training: 16_384,
  /**
   * Minimum and maximum of the clip and the loss bound. Outside them, a quantization factor would be subnormal or
   * infinite: an update would vanish from a sum depending on its length, and leave the others alone in it.
   */
  minScale: 2 ** -64,
  maxScale: 2 ** 64,
  /** Bytes of an error code; and of its message, and of an address. */
  code: 64,
  text: 512,
  /** Members that one Abort may blame. */
  culprits: 8,
  /** Proofs that members dealt falsely in one session, and after one invitation. */
  proofs: 6,
  /** Siblings in the Merkle proof of one leaf. */
  siblings: 21,
  /** Tasks that one client may offer itself for. */
  tasks: 64,
  /** Bytes of a resume token. */
  token: 16,
} as const;
