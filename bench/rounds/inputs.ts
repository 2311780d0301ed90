import { systemRandom } from '../../protocol/crypto/index.ts';
import type { MemberId } from '../../protocol/ids.ts';

/**
 * Step by which each member's vector differs from the next; odd, so that no two members of a round have the same one.
 */
const STEP = 0x9e37_79b1;

/** Random inputs whose sum is known in closed form: one vector of random words, shifted by each member's id. */
export class Inputs {
  readonly #base: Uint32Array;
  readonly #mask: number;

  /**
   * @param length words of a vector
   * @param bits of the modulus
   */
  constructor(length: number, bits: number) {
    this.#base = new Uint32Array(systemRandom(4 * length).buffer);
    this.#mask = bits === 32 ? 0xffff_ffff : 2 ** bits - 1;
  }

  /** A member's input. */
  of(member: MemberId): Uint32Array {
    const step = Math.imul(STEP, member);
    return this.#base.map((value) => (value + step) & this.#mask);
  }

  /** Whether a sum is exactly that of these members' inputs. */
  isSum(sum: Uint32Array, members: readonly MemberId[]): boolean {
    const count = members.length;
    const steps = members.reduce((all, member) => (all + Math.imul(STEP, member)) | 0, 0);
    return (
      sum.length === this.#base.length &&
      sum.every((value, i) => value === ((Math.imul(this.#base[i]!, count) + steps) & this.#mask) >>> 0)
    );
  }
}
