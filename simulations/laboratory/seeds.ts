import { type Primitives, type RandomSource, unsafeSeededRandom, utf8 } from '../../protocol/crypto/index.ts';

/** What is drawn from a run's seed: each label has a separate stream, so that no part shifts another's numbers. */
export class Seeds {
  readonly #primitives: Primitives;
  readonly #of: string;

  /** @param seed an integer from 0 to 2^53 − 1 */
  constructor(primitives: Primitives, experiment: string, seed: number) {
    this.#primitives = primitives;
    this.#of = `${experiment} ${seed}`;
  }

  /** An integer from 0 to 2^53 − 1, as training takes. */
  seedOf(label: string): number {
    const digest = this.#digest(label);
    const view = new DataView(digest.buffer, digest.byteOffset);
    return (view.getUint32(0, true) & 0x1f_ffff) * 2 ** 32 + view.getUint32(4, true);
  }

  /** A stream of bytes, as sessions take. */
  randomOf(label: string): RandomSource {
    return unsafeSeededRandom(this.#digest(label));
  }

  #digest(label: string): Uint8Array {
    return this.#primitives.sha256(utf8(JSON.stringify([this.#of, label])));
  }
}
