import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueryBudget } from '../../../inference/access/budget.ts';
import { makePieces, openPieces, type PieceFile, seedsPath } from '../../../inference/dealer/index.ts';
import { accept, dial } from '../../../inference/drivers/node.ts';
import { evaluateFixed } from '../../../inference/plain/evaluate-fixed.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import { planHash } from '../../../inference/plan/hash.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import type { SystemName } from '../../../inference/plan/types.ts';
import { decodeHalf, encodeHalf, splitModel } from '../../../inference/secureml/half.ts';
import { ASK_PATH } from '../../../inference/services/address.ts';
import { askerSide, askRows } from '../../../inference/services/ask.ts';
import { DealerService } from '../../../inference/services/dealer.ts';
import {
  halfFromDealer,
  halfFromFile,
  halfFromTransfers,
  LINK_PATH,
  serveHalf,
} from '../../../inference/services/serve-half.ts';
import { nodeTools, serveModel } from '../../../inference/services/serve.ts';
import { askerFrom, type AskerSource, ownerFromDealer, ownerFromFile } from '../../../inference/services/sources.ts';
import { Asker } from '../../../inference/sessions/asker.ts';
import type { Dealing } from '../../../inference/sessions/messages.ts';
import type { OwnerDealing } from '../../../inference/sessions/dealing.ts';
import type { ServerDealing } from '../../../inference/sessions/servers.ts';
import { TwoServerAsker } from '../../../inference/sessions/two-servers.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { toFixed, ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { type Listening, listening } from '../support/listening.ts';
import { randomInputs, randomNetwork } from '../support/random-networks.ts';

const TIMEOUT = 60_000;
const NETWORK = randomNetwork(
  4,
  [1, 6, 6],
  [
    { kind: 'conv', filters: 2, size: 3 },
    { kind: 'relu' },
    { kind: 'flatten' },
    { kind: 'dense', units: 8 },
    { kind: 'relu' },
    { kind: 'dense', units: 4 },
  ],
);
const ROWS = 7;
const VALUES = randomInputs(3, ROWS * 36);

function planned(system: SystemName) {
  const { plan } = compile(NETWORK, { system });
  const layers = quantise(NETWORK, plan);
  const expected = [...evaluateFixed(plan, layers, toFixed(ringOf(plan.bits), VALUES, plan.fraction), ROWS).classes];
  return { plan, layers, expected };
}

let folder: string;
let dealer: Listening;
const opened: { close(): unknown }[] = [];
const failures: CairnError[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-serve-'));
  const service = new DealerService({ waitMs: TIMEOUT, maxWaiting: 10 });
  dealer = await listening((server) =>
    accept(server, [{ path: '/deal', maxSessions: 20, onChannel: (channel) => service.serve(channel) }]),
  );
});

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  failures.splice(0);
  dealer.close();
  rmSync(folder, { recursive: true });
});

const access = { dial: (url: string) => dial(url, TIMEOUT), random: systemRandom, timeoutMs: TIMEOUT };
const common = async () => ({
  access: { kind: 'open' } as const,
  addresses: [],
  budget: await QueryBudget.open({ total: 1000 }),
  ...{ maxBatch: 4, maxSessions: 10, timeoutMs: TIMEOUT, idleMs: TIMEOUT },
  onFailed: (error: CairnError) => failures.push(error),
});

/** Pieces of both sides for batches of 4. */
async function filePair(system: SystemName, count: number): Promise<{ corrected: PieceFile; seeded: PieceFile }> {
  const { plan } = planned(system);
  const path = join(folder, 'pieces');
  const demands = demandsOf(plan, 4);
  await makePieces({ path, plan: planHash(plan), demands, batch: 4, count, random: systemRandom });
  const use = { plan: planHash(plan), batch: 4, demands, model: new Uint8Array(32) };
  const corrected = await openPieces(path, { ...use, side: 'corrected' });
  const seeded = await openPieces(seedsPath(path), { ...use, side: 'seeded' });
  opened.push(corrected, seeded);
  return { corrected, seeded };
}

describe('Chameleon over sockets', () => {
  async function ask(dealing: OwnerDealing, source: AskerSource | undefined, maskSeed: Uint8Array): Promise<Asker> {
    const { plan, layers } = planned('chameleon');
    const options = { ...(await common()), name: 'digits', plan, layers, maskSeed, dealing };
    const served = await listening((server) => serveModel({ server, ...options }));
    opened.push(served);
    const channel = await dial(`${served.url}${ASK_PATH}`, TIMEOUT);
    return await Asker.open(channel, {
      address: served.url,
      side: askerSide,
      dealing: askerFrom(source, access),
      tools: nodeTools(TIMEOUT, TIMEOUT),
    });
  }

  it('answers rows in batches, with a dealer that both sides ask', async () => {
    const { plan, expected } = planned('chameleon');
    const maskSeed = systemRandom(32);
    const url = `${dealer.url}/deal`;
    const asker = await ask(ownerFromDealer(url, { plan, maskSeed }, access), { kind: 'url', url }, maskSeed);
    const { classes, left } = await askRows(asker, VALUES);
    asker.close();
    expect([...classes]).toEqual(expected);
    expect(left).toBe(1000 - ROWS);
  });

  it('answers with the two files of a dealer, until they are used up', async () => {
    const { expected } = planned('chameleon');
    const { corrected, seeded } = await filePair('chameleon', 3);
    const maskSeed = corrected.maskSeed!.expose().slice();
    const asker = await ask(ownerFromFile(corrected, 4), { kind: 'file', file: seeded }, maskSeed);
    const { classes } = await askRows(asker, VALUES);
    expect([...classes]).toEqual(expected);
    await askRows(asker, VALUES.subarray(0, 36));
    await expect(askRows(asker, VALUES.subarray(0, 36))).rejects.toMatchObject({ code: 'dealt-used-up' });
    expect([corrected.left, seeded.left]).toEqual([0, 0]);
  });

  it('does not begin with a dealer that the asker has not named', async () => {
    const { plan } = planned('chameleon');
    const maskSeed = systemRandom(32);
    const url = `${dealer.url}/deal`;
    const asker = await ask(ownerFromDealer(url, { plan, maskSeed }, access), undefined, maskSeed);
    await expect(askRows(asker, VALUES)).rejects.toMatchObject({ code: 'dealer-unnamed' });
  });

  it('refuses values outside the model’s range, and rows of another length, before anything is sent', async () => {
    const { plan } = planned('chameleon');
    const maskSeed = systemRandom(32);
    const url = `${dealer.url}/deal`;
    const asker = await ask(ownerFromDealer(url, { plan, maskSeed }, access), { kind: 'url', url }, maskSeed);
    await expect(askRows(asker, new Float32Array(36).fill(2))).rejects.toMatchObject({ code: 'input-range' });
    await expect(askRows(asker, new Float32Array(35))).rejects.toMatchObject({ code: 'tensor-shape' });
    await expect(askRows(asker, new Float32Array(36).fill(Number.NaN))).rejects.toMatchObject({ code: 'input-range' });
    expect([...(await askRows(asker, VALUES)).classes]).toEqual(planned('chameleon').expected);
  });
});

describe('SecureML over sockets', () => {
  type Make = (half: ReturnType<typeof splitModel>[0]) => ServerDealing;

  async function ask(make: Make): Promise<TwoServerAsker> {
    const { plan, layers } = planned('secureml');
    const [a, b] = splitModel('digits', plan, layers, systemRandom).map((half) => decodeHalf(encodeHalf(half)));
    const options = await common();
    const second = await listening((server) => serveHalf({ server, half: b!, dealing: make(b!), ...options }));
    const dialPeer = () => dial(`${second.url}${LINK_PATH}`, TIMEOUT);
    const first = await listening((server) => serveHalf({ server, half: a!, dealing: make(a!), dialPeer, ...options }));
    opened.push(first, second);
    const reached = await Promise.all(
      [first, second].map(async ({ url }) => ({ channel: await dial(`${url}${ASK_PATH}`, TIMEOUT), address: url })),
    );
    return await TwoServerAsker.open(reached[0]!, reached[1]!, { tools: nodeTools(TIMEOUT, TIMEOUT) });
  }

  it('answers rows in batches, with a dealer that both servers ask', async () => {
    const asker = await ask((half) => halfFromDealer(`${dealer.url}/deal`, half, access));
    const { classes } = await askRows(asker, VALUES);
    asker.close();
    expect([...classes]).toEqual(planned('secureml').expected);
  });

  it('answers with the two files of a dealer', async () => {
    const { corrected, seeded } = await filePair('secureml', 3);
    const asker = await ask(({ role }) => {
      const file = role === 'a' ? seeded : corrected;
      return halfFromFile(file, file.maskSeed!.expose().slice(), 4);
    });
    const { classes } = await askRows(asker, VALUES);
    asker.close();
    expect([...classes]).toEqual(planned('secureml').expected);
  });

  it('answers without a dealer, by oblivious transfers', async () => {
    const asker = await ask(halfFromTransfers);
    const { classes } = await askRows(asker, VALUES.subarray(0, 2 * 36));
    asker.close();
    expect([...classes]).toEqual(planned('secureml').expected.slice(0, 2));
    expect(asker.offered.dealing satisfies Dealing).toEqual({ kind: 'transfers' });
  });
});
