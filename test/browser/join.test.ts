import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, join, type Participation, type ParticipationEvent } from '../../client/index.ts';
import {
  type Coordinator,
  createCoordinator,
  MemoryStore,
  parseConfig,
  type RoundReport,
} from '../../coordinator/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { memberId } from '../../protocol/ids.ts';
import { virtualMembership } from '../../simulations/engine/virtual-task.ts';
import { chromiumPath, launchBrowser } from '../support/browser.ts';
import { MODEL, type Order, type Points, pointsApp, type Trained } from './pages/enter.ts';
import { Site } from './support/site.ts';
import { Visitor } from './support/visitor.ts';

// One task for an active adversary: members 1 … 4 are in Node, 5 in a page's Web Worker, 6 in a page that the browser
// does not trust with WebCrypto, since it came neither over TLS nor from this machine's own name.
const NODE_MEMBERS = [1, 2, 3, 4];
const IN_WORKER = 5;
const INSECURE = 6;
const COHORT = 6;
const ROUNDS = 3;
const TRAINING = { epochs: 2, batchSize: 8, learningRate: 0.3 };
const CLIP = 4;
const MAX_EXAMPLES = 100;
const INSECURE_HOST = 'cairn-insecure.test';

const membership = virtualMembership(nodePrimitives, systemRandom, 8);
const authorityKey = membership.authority.publicKey;

/** A member's own points: how many, and which, depends on who it is. */
function pointsOf(member: number): Points {
  const labels = Array.from({ length: 20 + 5 * member }, (_, i) => (i + member) % 3);
  const inputs = labels.flatMap((label, i) => [
    Math.cos(2 * label + 0.01 * i),
    Math.sin(2 * label + 0.02 * i * member),
  ]);
  return { inputs: inputs.map(Math.fround), labels };
}

type Model = Record<string, Float32Array>;
const copyOf = (model: Model): Model =>
  Object.fromEntries(Object.entries(model).map(([name, values]) => [name, values.slice()]));

describe.skipIf(chromiumPath === undefined)('pages of a real browser', () => {
  let browser: Browser;
  let site: Site;
  let folder: string;
  let coordinator: Coordinator;
  let inWorker: Visitor;
  let insecure: Visitor;
  let stranger: Visitor;
  const reports: RoundReport[] = [];
  /** The model before each round, and behind them the last one. */
  const models: Model[] = [];
  const nodes: Participation[] = [];
  const trainedInNode = new Map<number, Trained[]>();
  const eventsInNode: ParticipationEvent[] = [];

  const orderFor = (member: number): Order => ({
    url: coordinator.url,
    member,
    identitySeed: toHex(membership.identities.get(memberId(member))!.secretKey.expose()),
    authorityKey: toHex(authorityKey),
    points: pointsOf(member),
    seed: member,
  });

  beforeAll(async () => {
    [browser, site, folder] = await Promise.all([
      launchBrowser([`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`]),
      Site.create(),
      mkdtemp(pathOf(tmpdir(), 'cairn-browser-')),
    ]);
    const port = await site.serve();
    const origins = [`http://127.0.0.1:${port}`, `http://${INSECURE_HOST}:${port}`];
    const file = pathOf(folder, 'members.bin');
    await writeFile(file, membership.signed);
    coordinator = await createCoordinator({
      store: new MemoryStore(),
      config: parseConfig({
        port: 0,
        logLevel: 'silent',
        allowedOrigins: origins,
        directory: { file, authorityKey: toHex(authorityKey) },
        tasks: [
          {
            ...{ name: 'points', model: { tensors: MODEL.layout.shapes, seed: 5 }, rounds: ROUNDS, overSelect: 0 },
            ...{ cohort: COHORT, quorum: COHORT, minCohort: COHORT, clip: CLIP, maxExamples: MAX_EXAMPLES },
            ...{ lossBound: 16, scales: 'fixed' },
            ...{ training: TRAINING },
          },
        ],
      }),
    });
    models.push(copyOf(coordinator.model('points')!));
    coordinator.on('round', (report) => {
      reports.push(report);
      models.push(copyOf(coordinator.model('points')!));
    });
    [inWorker, insecure, stranger] = await Promise.all([
      Visitor.open(browser, origins[0]!),
      Visitor.open(browser, origins[1]!),
      Visitor.open(browser, `http://127.0.0.1:${await site.serve()}`),
    ]);
  });

  afterAll(async () => {
    await Promise.all(nodes.map((participation) => participation.leave()));
    await (browser as Browser | undefined)?.close();
    await (coordinator as Coordinator | undefined)?.stop();
    (site as Site | undefined)?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('of an origin that is not listed can neither open a socket nor read the model', async () => {
    await stranger.call('joinInPage', { ...orderFor(8), connectTimeoutMs: 1500 });
    expect(await stranger.closed).toMatchObject({ code: 'unreachable', included: 0 });
    expect(stranger.of('connected')).toEqual([]);
    const readable = (visitor: Visitor): Promise<string> =>
      visitor.page.evaluate(async (url) => {
        try {
          return (await (await fetch(`${url}/v1/tasks`)).json()) === undefined ? 'nothing' : 'read';
        } catch (thrown) {
          return (thrown as Error).name;
        }
      }, coordinator.url);
    expect(await readable(stranger)).toBe('TypeError');
    expect(await readable(inWorker)).toBe('read');
  });

  it('join a coordinator of another origin, train, and are in every round’s sum', async () => {
    await inWorker.call('joinInWorker', orderFor(IN_WORKER));
    await insecure.call('joinInPage', orderFor(INSECURE));
    for (const member of NODE_MEMBERS) {
      const told: Trained[] = [];
      trainedInNode.set(member, told);
      const app = pointsApp(pointsOf(member), (trained) => told.push(trained));
      const keys = membership.identities.get(memberId(member))!;
      const onEvent = (event: ParticipationEvent): void => void eventsInNode.push(event);
      nodes.push(join(coordinator.url, app, { identity: { member, keys }, authorityKey, seed: member, onEvent }));
    }
    await coordinator.finished;
    expect(reports.map(({ outcome, included, drops }) => ({ outcome, included, drops }))).toEqual(
      Array(ROUNDS).fill({ outcome: 'committed', included: COHORT, drops: [] }),
    );
    for (const visitor of [inWorker, insecure]) {
      await visitor.log.next('committed', ROUNDS);
      expect(visitor.of('committed').map(({ included }) => included)).toEqual(Array(ROUNDS).fill(true));
      expect(visitor.of('invited').map(({ adversary }) => adversary)).toEqual(
        Array(ROUNDS).fill(DEFAULT_POLICY.adversary),
      );
      for (const kind of ['refused', 'abandoned', 'failed', 'ignored', 'disconnected'] as const) {
        expect(visitor.of(kind)).toEqual([]);
      }
    }
  });

  it('train to the same bits as Node does', async () => {
    for (const [visitor, member] of [
      [inWorker, IN_WORKER],
      [insecure, INSECURE],
    ] as const) {
      expect(visitor.trained).toHaveLength(ROUNDS);
      for (const [i, trained] of visitor.trained.entries()) {
        const again: Trained[] = [];
        const app = pointsApp(pointsOf(member), (result) => again.push(result));
        const { round, seed } = trained;
        const { signal } = new AbortController();
        await app.train(copyOf(models[i]!), await app.data(), {
          task: 'points',
          round,
          ...{ repeat: 0, subsetSeed: 0 },
          seed,
          options: TRAINING,
          signal,
        });
        expect(again).toEqual([trained]);
      }
    }
  });

  it('count by their examples in a sum that is right in every coordinate', () => {
    const weighted = [1, 2, 3, 4, 5, 6].reduce((sum, member) => sum + pointsOf(member).labels.length, 0);
    // One quantum of 16 bits over ±clip for each member, of a sum that is divided by the members' weights.
    const tolerance = (COHORT * (2 * CLIP)) / 65_535 / (weighted / MAX_EXAMPLES);
    for (const [i, report] of reports.entries()) {
      expect(report.examples).toBe(weighted);
      const all = [...[...trainedInNode.values()].map((told) => told[i]!), inWorker.trained[i]!, insecure.trained[i]!];
      expect(all.reduce((sum, { examples }) => sum + examples, 0)).toBe(weighted);
      for (const [name, before] of Object.entries(models[i]!)) {
        const after = models[i + 1]![name]!;
        before.forEach((value, j) => {
          const step = all.reduce(
            (sum, { examples, parameters }) => sum + (examples / weighted) * (parameters[name]![j]! - value),
            0,
          );
          expect(Math.abs(after[j]! - value - step)).toBeLessThan(tolerance + 1e-6);
        });
      }
    }
    const moved = Object.entries(models[0]!).flatMap(([name, values]) =>
      [...values].map((v, j) => models[ROUNDS]![name]![j]! - v),
    );
    expect(Math.max(...moved.map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('agree on keys by WebCrypto, or without it where the browser withholds it, and say which', async () => {
    const both = (agreement: string): unknown[] => Array(2 * ROUNDS).fill({ peers: COHORT - 1, agreement });
    const agreedIn = (events: readonly ParticipationEvent[]): unknown[] =>
      events.flatMap((event) => (event.kind === 'agreed' ? [{ peers: event.peers, agreement: event.agreement }] : []));
    const secure = (visitor: Visitor): Promise<boolean> => visitor.page.evaluate(() => isSecureContext);
    expect([await secure(inWorker), await secure(insecure)]).toEqual([true, false]);
    expect(agreedIn(inWorker.log.events)).toEqual(both('webcrypto'));
    expect(agreedIn(insecure.log.events)).toEqual(both('portable'));
    expect(agreedIn(eventsInNode)).toEqual(NODE_MEMBERS.flatMap(() => both('node')));
  });

  it('leave by themselves when they are told that the task has finished, and have complained of nothing', async () => {
    const { modelHash } = coordinator.tasks[0]!;
    for (const visitor of [inWorker, insecure]) {
      await visitor.log.next('left');
      expect(visitor.of('task').at(-1)).toMatchObject({ task: 'points', state: 'finished', round: ROUNDS, modelHash });
      // It has left already; a page that is closed says so anyway.
      await visitor.call('leave');
      expect(await visitor.closed).toEqual({ kind: 'closed', code: undefined, included: ROUNDS });
      expect(visitor.complaints).toEqual([]);
    }
  });
});
