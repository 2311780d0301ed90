import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { type Crowd, membersOf } from './crowd.ts';
import { SHAPES } from './contribution.ts';
import type { Options } from './options.ts';

/** The tasks that run side by side: one of cohorts as they come, one of larger cohorts, some of whom are too many. */
const TASKS = [
  { name: 'small', cohort: 9, overSelect: 0 },
  { name: 'large', cohort: 14, overSelect: 0.3 },
] as const;

/** The clip with which, in inputs of 16 bits and with a weight of one, integers are quantized to themselves. */
const WHOLE_CLIP = 32_767;

/** Processes that clients are spread over, and one whose clients are killed now and then. */
const CROWDS = 3;
const FRAIL = 5;

/** What is run: a configuration file, and who is where. */
export interface Scene {
  readonly url: string;
  readonly folder: string;
  readonly config: string;
  /** Processes of clients; the last one is frail. */
  readonly crowds: readonly Crowd[];
  readonly tasks: readonly string[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Writes the configuration and the directory of one soak into a folder of its own. */
export async function prepare({ clients, hostile, seed }: Options): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-soak-'));
  const { signed, authority } = membersOf(seed, clients);
  const file = join(folder, 'members.directory');
  await writeFile(file, signed);
  const [port, ...relays] = await Promise.all(Array.from({ length: CROWDS + 2 }, freePort));
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'cairn.json');
  const task = {
    ...{ model: { tensors: SHAPES }, rounds: 1_000_000, attempts: 1_000_000, quorumTimeout: 0 },
    ...{ minCohort: 5, colluding: 0.12, dropout: 0.2, inputBits: 16, clip: WHOLE_CLIP, maxExamples: 1 },
    ...{ lossBound: 16, scales: 'fixed' },
    ...{ pause: 0.2, retryPause: 0.1 },
    deadlines: { advertiseKeys: 5, shareKeys: 5, maskedInput: 5, consistencyCheck: 5, unmasking: 5 },
  };
  const content = {
    ...{ port, dataDir: join(folder, 'data'), logLevel: 'warn', reconnectGraceMs: 2000 },
    publicUrls: [url, ...relays.map((relay) => `http://127.0.0.1:${relay}`)],
    directory: { file, authorityKey: toHex(authority.publicKey) },
    tasks: TASKS.map((each) => ({ ...task, ...each, quorum: each.cohort })),
  };
  await writeFile(config, JSON.stringify(content));
  const bad = hostile === 0 ? 0 : Math.max(1, Math.round((clients * hostile) / 100));
  const ids = Array.from({ length: clients }, (_, i) => i + 1);
  // Hostile members are the first, which shares are opened from first, and spread over the processes like the others.
  const mine = (list: readonly number[], i: number): number[] => list.filter((_, at) => at % CROWDS === i);
  const common = { url, seed, clients };
  const [bads, goods, frail] = [ids.slice(0, bad), ids.slice(bad, -FRAIL), ids.slice(-FRAIL)];
  const crowds = Array.from({ length: CROWDS }, (_, i) => ({
    ...common,
    ...{ honest: mine(goods, i), hostile: mine(bads, i), relay: relays[i]! },
  }));
  crowds.push({ ...common, honest: frail, hostile: [], relay: relays[CROWDS]! });
  return { url, folder, config, crowds, tasks: TASKS.map(({ name }) => name) };
}
