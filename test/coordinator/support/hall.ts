import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import {
  type Coordinator,
  type CoordinatorOptions,
  type CoordinatorConfig,
  createCoordinator,
  createLog,
  MemoryStore,
  parseConfig,
  type RoundReport,
  type StateEvent,
} from '../../../coordinator/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { toHex } from '../../../protocol/crypto/bytes.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { virtualMembership } from '../../../simulations/engine/virtual-task.ts';
import { ScriptedClient, type Script } from './scripted-client.ts';

/** Identities of members 1 … 12, and the directory that has them. */
export const membership = virtualMembership(nodePrimitives, systemRandom, 12);

/** Shapes of the model that test rounds train: six parameters. */
export const SHAPES = { b: [2], w: [2, 2] } as const;

/** A task of test rounds: it starts at four clients, and nothing in it waits long. */
const TASK = {
  name: 'toy',
  model: { tensors: SHAPES, seed: 1 },
  rounds: 1,
  cohort: 4,
  overSelect: 0,
  clip: 10,
  maxExamples: 100,
  lossBound: 16,
  scales: 'fixed',
  retryPause: 0,
  attempts: 1,
};

/** A coordinator with everything that it told. */
export interface Hall {
  readonly coordinator: Coordinator;
  readonly reports: RoundReport[];
  readonly states: StateEvent[];
  readonly faults: CairnError[];
  readonly members: string[];
  /** Path of the member directory. */
  readonly directory: string;
  /** Lines of the log. */
  readonly lines: string[];
  /** Connects a client that acts by a script; without one it does all that it should. */
  join(member: number, script?: Script): Promise<ScriptedClient>;
}

type Change = Partial<Omit<CoordinatorOptions, 'config'>> & {
  /** Fields of the configuration file; but `limits` and `uploads` are those that the coordinator makes of it. */
  readonly config?: Readonly<Record<string, unknown>> & {
    readonly limits?: Partial<CoordinatorConfig['limits']>;
    readonly uploads?: Partial<CoordinatorConfig['uploads']>;
  };
};

const closers: (() => Promise<unknown>)[] = [];

/** Ends everything that tests have opened. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-coordinator-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a coordinator on a free port, in memory unless a store is given. */
export async function openHall(task: Readonly<Record<string, unknown>> = {}, change: Change = {}): Promise<Hall> {
  const file = join(await temporaryFolder(), 'members.bin');
  await writeFile(file, membership.signed);
  const { config: { limits, uploads, ...configChange } = {}, ...options } = change;
  const parsed = parseConfig(
    {
      port: 0,
      logLevel: 'trace',
      reconnectGraceMs: 60_000,
      directory: { file, authorityKey: toHex(membership.authority.publicKey) },
      tasks: [{ ...TASK, ...task }],
      ...configChange,
    },
    options,
  );
  const config: CoordinatorConfig = {
    ...parsed,
    limits: { ...parsed.limits, ...limits },
    uploads: { ...parsed.uploads, ...uploads },
  };
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const coordinator = await createCoordinator({
    store: new MemoryStore(),
    log: createLog(config.logLevel, stream),
    version: '1.2.3',
    ...options,
    config,
  });
  const hall: Hall = {
    coordinator,
    reports: [],
    states: [],
    faults: [],
    members: [],
    directory: file,
    lines,
    join: async (member, script = {}) => {
      const id: MemberId = memberId(member);
      const client = new ScriptedClient(coordinator.url, { member: id, membership, script });
      closers.push(() => {
        client.close();
        return Promise.resolve();
      });
      await client.seated;
      return client;
    },
  };
  coordinator.on('round', (report) => void hall.reports.push(report));
  coordinator.on('state', (event) => void hall.states.push(event));
  coordinator.on('fault', (error) => void hall.faults.push(error));
  coordinator.on('member', ({ what, member }) => void hall.members.push(`${what} ${member}`));
  closers.push(() => coordinator.stop());
  return hall;
}
