import { describe, expect, it } from 'vitest';
import { keystreamWords } from '../../protocol/kernels/index.ts';
import { Prg } from '../../protocol/mpc/prg.ts';
import { codeOf } from '../support/thrown.ts';

const key = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

describe('a pseudorandom generator', () => {
  it('gives the ChaCha12 stream of its key, each draw from a fresh group of four blocks', () => {
    const prg = new Prg(key);
    expect([...prg.words(70)]).toEqual([...keystreamWords(key, 12, 0, 70)]);
    expect([...prg.words(3)]).toEqual([...keystreamWords(key, 12, 128, 3)]);
    expect([...new Uint32Array(prg.longs(5).buffer)]).toEqual([...keystreamWords(key, 12, 192, 10)]);
  });

  it('has children with keys from its stream', () => {
    const child = new Prg(key).child();
    const own = new Prg(new Uint8Array(keystreamWords(key, 12, 0, 8).buffer));
    expect(child.bytes(40)).toEqual(own.bytes(40));
  });

  it('gives nothing once it is wiped', () => {
    const prg = new Prg(key);
    prg.wipe();
    expect(codeOf(() => prg.bytes(1))).toBe('secret-wiped');
  });
});
