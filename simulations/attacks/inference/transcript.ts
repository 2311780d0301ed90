import { type RandomSource, SIZES, toHex } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { type MessageName, messageName } from '../../../protocol/wire/index.ts';

/** One message that passed through the coordinator. */
export interface Passed {
  readonly direction: 'up' | 'down';
  readonly member: MemberId;
  /** Undefined for bytes that are not a message. */
  readonly name: MessageName | undefined;
  readonly bytes: Uint8Array;
}

/** Everything that a malicious coordinator has to work with: what it has seen, and what its accomplices know. */
export class Transcript {
  /** Every message, in the order in which it passed. */
  readonly passed: Passed[] = [];
  /** X25519 secret keys that the attacker has, by their public keys in hex. */
  readonly keys = new Map<string, Uint8Array>();
  /** Quantized inputs that the attacker knows: those of its accomplices, and those it has determined otherwise. */
  readonly inputs = new Map<MemberId, Uint32Array>();

  note(direction: Passed['direction'], member: MemberId, bytes: Uint8Array): void {
    this.passed.push({ direction, member, name: nameOf(bytes), bytes: bytes.slice() });
  }

  /**
   * A source of randomness that the attacker can also read: for every 32 bytes that might be a secret key, it has the
   * key.
   */
  overheard(random: RandomSource): RandomSource {
    return (length) => {
      const bytes = random(length);
      if (length === SIZES.key) this.keys.set(toHex(nodePrimitives.x25519PublicKey(bytes)), bytes.slice());
      return bytes;
    };
  }

  /** The messages of one name to or from a member, in order. */
  of(direction: Passed['direction'], name: MessageName, member?: MemberId): Uint8Array[] {
    return this.passed
      .filter((one) => one.direction === direction && one.name === name && (member ?? one.member) === one.member)
      .map(({ bytes }) => bytes);
  }
}

function nameOf(bytes: Uint8Array): MessageName | undefined {
  try {
    return messageName(bytes);
  } catch {
    return undefined;
  }
}
