import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { nodeKeyImport } from '../../protocol/crypto/node/index.ts';
import type { Machine } from '../schema.ts';

/** The machine that a measurement was made on. The load before it began shows whether the machine was idle. */
export function describeMachine(): Machine {
  return {
    cpu: cpus().at(0)?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e8) / 10,
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    openssl: process.versions.openssl,
    keyImport: nodeKeyImport,
    loadAverage: Math.round(loadavg()[0]! * 100) / 100,
  };
}
