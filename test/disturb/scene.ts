import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { virtualMembership, type VirtualMembership } from '../../simulations/engine/virtual-task.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { SHAPES } from './app.ts';
import type { Options } from './options.ts';

/** Seconds that each state of a round may take: a member that is slow for longer misses it. */
export const DEADLINE = 2;

/** One training: its folder, its members, and where they reach the coordinator. */
export interface Scene {
  readonly folder: string;
  readonly config: string;
  readonly port: number;
  /** Ports of the members' lines, in the order of their ids from 1. */
  readonly lines: readonly number[];
  readonly membership: VirtualMembership;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/**
 * Writes configuration and directory of a training into a folder of its own. The same seed gives the same members and the
 * same first model. Everybody is in every round, or there is none: so its models do not depend on who was disturbed.
 */
export async function prepare({ members, rounds, seed }: Options): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-disturb-'));
  const membership = virtualMembership(nodePrimitives, seeded(`disturb ${seed}`), members);
  const file = join(folder, 'members.directory');
  await writeFile(file, membership.signed);
  const [port, ...lines] = (await Promise.all(Array.from({ length: members + 1 }, freePort))) as [number, ...number[]];
  const task = {
    ...{ name: 'disturbed', rounds, model: { tensors: SHAPES, seed: seed % 2 ** 32 } },
    ...{ cohort: members, quorum: members, minCohort: members, overSelect: 0, clip: 4, maxExamples: 100 },
    // A measure that a disturbance cuts off twice would leave other scales, and other models.
    ...{ lossBound: 16, scales: 'fixed' },
    // Nothing is given up, and no other set, input or model takes the place of one that was announced.
    ...{ attempts: 1_000_000, rebaseAttempts: 1_000_000, rebaseAfter: 86_400, maxRebases: 0, maxRepeats: 0 },
    ...{ pause: 0, retryPause: 0.05, strategy: { name: 'fedadam', learningRate: 0.01 } },
    deadlines: {
      ...{ advertiseKeys: DEADLINE, shareKeys: DEADLINE, maskedInput: DEADLINE },
      ...{ consistencyCheck: DEADLINE, unmasking: DEADLINE },
    },
  };
  const content = {
    ...{ port, dataDir: join(folder, 'data'), logLevel: 'debug', reconnectGraceMs: 1500, workers: 0 },
    publicUrls: [port, ...lines].map((each) => `http://127.0.0.1:${each}`),
    directory: { file, authorityKey: toHex(membership.authority.publicKey) },
    // All from one address, and disturbed again and again: what an address may ask a minute follows from this.
    limits: { perAddress: 100_000, total: 100_000 },
    tasks: [task],
  };
  const config = join(folder, 'cairn.json');
  await writeFile(config, JSON.stringify(content));
  return { folder, config, port, lines, membership };
}
