import { arch, cpus, platform, totalmem } from 'node:os';
import type { JsonObject } from './rows.ts';

/** What clocks were read on: everything about a machine that a timing depends on and nobody's name does. */
export function machine(): JsonObject {
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpu: cpus().at(0)?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
