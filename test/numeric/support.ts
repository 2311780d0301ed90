import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { adaptClip } from '../../protocol/privacy/clipping.ts';
import { exp, log, sigmoid, softplus, tanh } from '../../protocol/numeric.ts';

/** Words that are the same on every engine (xorshift, Marsaglia 2003). */
function* words(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

/** How many inputs each function is tried on. */
const TRIALS = 50_000;

/** Inputs: doubles of every bit pattern, infinite and denormal ones among them, and as many from −40 to 40. */
export function inputs(): Float64Array {
  const random = words(0x9e37_79b9);
  const all = new Float64Array(TRIALS);
  const view = new DataView(all.buffer);
  for (let i = 0; i < TRIALS; i += 2) {
    view.setUint32(8 * i, random.next().value, true);
    view.setUint32(8 * i + 4, random.next().value, true);
    all[i + 1] = (random.next().value / 2 ** 32 - 0.5) * 80;
  }
  // A NaN may have any bits.
  return all.map((x) => (Number.isNaN(x) ? 0 : x));
}

/** SHA-256 of doubles, in the order of their bytes on every machine that we know; every NaN counts as one. */
function digest(values: Float64Array): string {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((x, i) => {
    if (Number.isNaN(x)) view.setBigUint64(8 * i, 0x7ff8_0000_0000_0000n);
    else view.setFloat64(8 * i, x);
  });
  return toHex(sha256(new Uint8Array(view.buffer)));
}

/** Norms of one training, each from the one before by a share that looks like noise. */
export function clips(step: (clip: number, unclipped: number) => number): Float64Array {
  const random = words(7);
  let clip = 1;
  return Float64Array.from({ length: 2000 }, () => (clip = step(clip, random.next().value / 2 ** 32)));
}

/** Function → SHA-256 of its values at {@link inputs}; and of 2 000 steps of an adaptive clip. */
export function numericDigests(): Record<string, string> {
  const at = inputs();
  const functions = { exp, log, tanh, sigmoid, softplus };
  return {
    ...Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, digest(at.map(f))])),
    clips: digest(clips((clip, unclipped) => adaptClip(clip, unclipped, { quantile: 0.5, rate: 0.2 }))),
  };
}

/** What {@link numericDigests} has to be: the same on every release of Node, and in browsers. */
export const KNOWN_DIGESTS: Readonly<Record<string, string>> = {
  exp: 'af500e42eaafc61517eff3e9116eb49426257e3807649b4318027a34cfd35621',
  log: 'a484f7881fef2bcc39af06970f14f6e4958db4dd10aa3e14b8dae27df6768217',
  tanh: '6ad349581690c783a89f052c7544975f2ea388f8033a97f2e720f6b7c87c9f87',
  sigmoid: '667788683bab193ddee27760735605139880598a8012e59e6220f86429f35ce5',
  softplus: 'e8c1d4babcd75b0548ee8c8b3cc25fc2713115b783fc292abd7202f227eb714d',
  clips: '117b4c3df71d7195761e749766d8750968ac63ce60f9b0917ff443690d306880',
};
