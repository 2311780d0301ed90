import { inputLength } from '../../protocol/rounds/inputs/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';

/** The plain sum of some members' inputs modulo 2^modulusBits: what a committed round must equal, bit for bit. */
export function plainSum(
  settings: RoundSettings,
  members: readonly MemberId[],
  inputOf: (member: MemberId) => Uint32Array,
): Uint32Array {
  const sum = new Uint32Array(inputLength(settings));
  for (const member of members) {
    const input = inputOf(member);
    for (let i = 0; i < sum.length; i++) sum[i]! += input[i]!;
  }
  const mask = settings.modulusBits === 32 ? 0xffff_ffff : 2 ** settings.modulusBits - 1;
  return sum.map((value) => value & mask);
}

/** Whether two sums are the same, bit for bit. */
export function equalSums(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
