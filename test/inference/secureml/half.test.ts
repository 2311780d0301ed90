import { describe, expect, it } from 'vitest';
import { compile, quantise } from '../../../inference/index.ts';
import { decodeHalf, encodeHalf, splitModel } from '../../../inference/secureml/half.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import { networkOf } from '../support/networks.ts';

describe('a half of a model', () => {
  const network = networkOf(1, [4], ['dense 3', 'relu', 'dense 2']);
  const { plan } = compile(network, { system: 'secureml' });
  const [half] = splitModel('tiny', plan, quantise(network, plan), systemRandom);

  it.each([
    ['bytes', (bytes: Uint8Array) => bytes],
    // Whose slice() is a view: seeds that were read so became zeros with it.
    ['a Buffer', (bytes: Uint8Array) => Buffer.from(bytes)],
  ])('keeps its secrets when %s that it was read from are wiped', (_, as) => {
    const bytes = as(encodeHalf(half));
    const read = decodeHalf(bytes);
    bytes.fill(0);
    expect(read).toEqual(half);
    expect(read.maskSeed.every((byte) => byte === 0)).toBe(false);
  });
});
