import { spawnSync } from 'node:child_process';
import type { KernelSpeed } from '../schema.ts';

/** OpenSSL without AVX-512, whose vectors are four times as wide as those of WebAssembly: bit 16 of leaf 7, EBX. */
const WITHOUT_AVX512 = { OPENSSL_ia32cap: ':~0x10000' };

const COMMAND = 'openssl';

const RUNS: readonly { readonly name: string; readonly cipher: string; readonly env?: Record<string, string> }[] = [
  { name: 'openssl speed chacha20', cipher: 'chacha20' },
  { name: 'openssl speed chacha20, AVX2', cipher: 'chacha20', env: WITHOUT_AVX512 },
  { name: 'openssl speed aes-128-ctr', cipher: 'aes-128-ctr' },
];

/**
 * The speed of native code on this machine: openssl's own speed command, a keystream over a buffer that stays in the
 * cache, without any addition.
 * @param seconds for each cipher; 0 skips them
 * @returns an empty list if there is no openssl command
 */
export function nativeLimit(seconds: number): KernelSpeed[] {
  if (seconds === 0) return [];
  return RUNS.flatMap(({ name, cipher, env }) => {
    if (env !== undefined && process.arch !== 'x64') return [];
    const { status, stdout } = spawnSync(
      COMMAND,
      ['speed', '-evp', cipher, '-seconds', String(seconds), '-bytes', '16384'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } },
    );
    const found = status === 0 ? /([\d.]+)k\s*$/.exec(stdout) : null;
    return found === null ? [] : [{ name, gbPerS: Number(found[1]) / 1e6 }];
  });
}
