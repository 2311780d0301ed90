import fc from 'fast-check';
import { equalBytes, toHex } from '../../protocol/crypto/bytes.ts';
import { damage, damaged } from './damage.ts';
import { installMeter, metered } from './metered.ts';
import { must, refusalCode } from './outcome.ts';
import type { Target } from './target.ts';

/** A decoder, as its target needs it. */
export interface Decoder<T> {
  readonly decode: (bytes: Uint8Array) => T;
  /** Real inputs, from which damaged ones are made. */
  readonly samples: readonly Uint8Array[];
  /**
   * Writes again what was decoded: the same bytes, where there is one encoding. It is only called with what was taken,
   * so it may not refuse.
   */
  readonly encode?: (value: T) => Uint8Array;
  /** What else must hold for whatever was taken; throws where it does not. */
  readonly holds?: (value: T, bytes: Uint8Array) => void;
  /** Bytes that may be asked for, for each byte of input. Default {@link MAX_PER_BYTE}. */
  readonly maxPerByte?: number;
}

/** The dearest honest thing is a list of places with an object for each. */
const MAX_PER_BYTE = 16;
/** And what every decoder may take, however short its input. */
const SMALL = 4096;

/** A decoder's target: random bytes, and real ones that were damaged. */
export function bytesTarget<T>(name: string, share: number, make: () => Decoder<T>): Target {
  return {
    name,
    share,
    batch: 500,
    make: () => {
      const decoder = make();
      installMeter();
      const { samples } = decoder;
      const raw = fc.uint8Array({ maxLength: 160 });
      const sample = fc.nat(samples.length - 1);
      const input = fc.oneof(
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('random' as const), raw }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('headed' as const), sample, raw }) },
        { weight: 9, arbitrary: fc.record({ kind: fc.constant('damaged' as const), sample, damage }) },
      );
      const bytesOf = (chosen: typeof input extends fc.Arbitrary<infer Input> ? Input : never): Uint8Array => {
        if (chosen.kind === 'random') return chosen.raw;
        const real = samples[chosen.sample]!;
        return chosen.kind === 'damaged'
          ? damaged(real, chosen.damage, samples)
          : Uint8Array.of(...real.subarray(0, HEAD), ...chosen.raw);
      };
      return { property: fc.property(input, (chosen) => check(decoder, bytesOf(chosen))) };
    },
  };
}

/** As long as a message's header and one field. */
const HEAD = 39;

function check<T>(decoder: Decoder<T>, bytes: Uint8Array): void {
  const before = bytes.slice();
  const { decode, encode, holds, maxPerByte = MAX_PER_BYTE } = decoder;
  let value: T;
  try {
    value = metered(
      () => decode(bytes),
      (asked) =>
        must(asked <= SMALL + maxPerByte * bytes.length, () => `${asked} bytes were asked for ${bytes.length}`),
    );
  } catch (thrown) {
    refusalCode(thrown);
    return;
  } finally {
    must(equalBytes(before, bytes), 'the decoder wrote to its input');
  }
  holds?.(value, bytes);
  if (encode === undefined) return;
  const again = encode(value);
  must(equalBytes(again, bytes), () => `${toHex(bytes)} was read as ${toHex(again)}`);
}
