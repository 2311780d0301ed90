import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineApp } from '../../client/apps/engine.ts';
import { layers, Random, sequential } from '../../training/index.ts';
import { roundLine } from '../../cli/round-line.ts';
import {
  type Coordinator,
  createCoordinator,
  MemoryStore,
  parseConfig,
  type RoundReport,
} from '../../coordinator/index.ts';
import { createLog } from '../../coordinator/log.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { generateIdentity, identityFrom } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { signDirectory } from '../../protocol/wire/directory.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import { StepApp } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { enter } = useClients();
const running: Coordinator[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

const TASK = {
  name: 'digits',
  model: { tensors: { bias: [3], kernel: [2, 2] } },
  rounds: 3,
  cohort: 4,
  quorum: 4,
  minCohort: 3,
  overSelect: 0,
  adversary: 'curious',
  unsafeOpenEnrolment: true,
  clip: 10,
  maxExamples: 100,
  retryPause: 0,
};

async function coordinate(changes: object, task: object, port = 0, store = new MemoryStore()): Promise<Coordinator> {
  const config = parseConfig({ port, logLevel: 'silent', tasks: [{ ...TASK, ...task }], ...changes });
  const coordinator = await createCoordinator({ config, store });
  running.push(coordinator);
  return coordinator;
}

describe('clients of the real coordinator', () => {
  it('move the model by the weighed mean of their updates, round by round', async () => {
    const coordinator = await coordinate({}, {});
    const first = coordinator.model('digits')!;
    const clients = [
      enter(coordinator.url, new StepApp(1, 10)),
      enter(coordinator.url, new StepApp(2, 10)),
      enter(coordinator.url, new StepApp(3, 20)),
      enter(coordinator.url, new StepApp(-1, 40)),
    ];
    await coordinator.finished;
    const last = coordinator.model('digits')!;
    const step = (10 * 1 + 10 * 2 + 20 * 3 - 40) / 80;
    for (const name of ['bias', 'kernel']) {
      for (const [i, value] of last[name]!.entries()) expect(value).toBeCloseTo(first[name]![i]! + 3 * step, 1);
    }
    for (const { log, app, participation } of clients) {
      await log.next('committed', 3);
      await participation.leave();
      expect(await participation.closed).toMatchObject({ included: 3, missed: 0, abandoned: 0, refused: 0 });
      expect(app.contexts.map(({ round }) => round)).toEqual([1, 2, 3]);
      expect(log.of('refused')).toEqual([]);
    }
  });

  it('learn a task together with the engine, against an active coordinator', async () => {
    const folder = await mkdtemp(pathOf(tmpdir(), 'cairn-join-'));
    folders.push(folder);
    const authority = generateIdentity(nodePrimitives, systemRandom);
    // The first model and the identities, by which members shuffle their examples, are the same each time: from one first
    // model in ten the loss had less than half its way to go, and by chance the accuracy stayed at 0.9.
    const members = [1, 2, 3, 4].map((member) => {
      return { member, keys: identityFrom(nodePrimitives, new Uint8Array(32).fill(member)) };
    });
    const file = pathOf(folder, 'directory.bin');
    const entries = members.map(({ member, keys }) => enrolled(member, keys.publicKey));
    await writeFile(file, signDirectory(nodePrimitives, authority, LASTING, entries));
    const model = sequential([layers.dense(2)], [2]);
    const points = (seed: number) => {
      const random = new Random(seed);
      const inputs = Float32Array.from({ length: 200 }, () => random.uniform());
      const labels = Uint8Array.from({ length: 100 }, (_, i) => (inputs[2 * i]! > inputs[2 * i + 1]! ? 1 : 0));
      return { inputs, labels, examples: 100, inputSize: 2, inputShape: [2], classes: 2 };
    };
    const coordinator = await coordinate(
      { directory: { file, authorityKey: toHex(authority.publicKey) } },
      {
        adversary: 'active',
        unsafeOpenEnrolment: false,
        model: { tensors: model.layout.shapes, seed: 13 },
        training: { epochs: 10, learningRate: 0.5 },
      },
    );
    const apps = members.map(({ member }) => engineApp(model, () => points(member)));
    const before = await apps[0]!.evaluate!(coordinator.model('digits')!, points(9));
    for (const [i, identity] of members.entries()) {
      // The client's own default policy: active, a fifth colluding, sums of three.
      enter(coordinator.url, apps[i], { identity, authorityKey: authority.publicKey, policy: {} });
    }
    await coordinator.finished;
    const after = await apps[0]!.evaluate!(coordinator.model('digits')!, points(9));
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.9);
  });

  it('come back by themselves to a coordinator that was started again, and go on with its model', async () => {
    const store = new MemoryStore();
    const before = await coordinate({}, { rounds: 50 }, 0, store);
    const clients = [1, 2, 3, 4].map((step) => enter(before.url, new StepApp(step)));
    await Promise.all(clients.map(({ log }) => log.next('committed', 2)));
    await before.stop();
    await Promise.all(clients.map(({ log }) => log.next('disconnected')));
    const rounds = before.tasks[0]!.round;
    const after = await coordinate({}, { rounds: rounds + 2 }, before.port, store);
    await after.finished;
    for (const { log } of clients) {
      expect(log.of('failed')).toEqual([]);
      expect(log.of('connected').length).toBeGreaterThanOrEqual(2);
    }
  });

  it('that refuse a round over their policy are named with the reason, in its report and in the log', async () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const config = parseConfig({ port: 0, tasks: [{ ...TASK, rounds: 2, quorum: 4 }] });
    const coordinator = await createCoordinator({ config, store: new MemoryStore(), log });
    running.push(coordinator);
    const reports: RoundReport[] = [];
    coordinator.on('round', (report) => void reports.push(report));
    const once = enter(coordinator.url, new StepApp(), {
      policy: { adversary: 'curious', minCohort: 2, maxRoundsPerDay: 1 },
    });
    for (let i = 0; i < 3; i++) enter(coordinator.url);
    await coordinator.finished;
    const { member } = once.log.of('connected')[0]!;
    expect(once.log.of('refused')).toMatchObject([{ round: 2, code: 'policy-rounds-per-day' }]);
    // That it measured and that it took part in round 1 is one round.
    expect(reports.map(({ outcome, drops }) => [outcome, drops])).toMatchObject([
      ['measured', []],
      ['committed', []],
      ['committed', [{ member, state: 'advertise-keys', reason: 'policy-rounds-per-day', effect: 'before-input' }]],
    ]);
    const dropped = lines.filter((line) => line.includes('member-dropped'));
    expect(dropped.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'member-dropped', member, code: 'policy-rounds-per-day', round: 2 },
    ]);
    expect(roundLine(reports[2]!, (id) => `client-${id}`)).toContain(
      `dropped: client-${member} at advertise-keys (policy-rounds-per-day, does not count)`,
    );
  });
});
