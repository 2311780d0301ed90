import { afterEach, expect, it } from 'vitest';
import { QueryBudget } from '../../../inference/access/budget.ts';
import { dial } from '../../../inference/drivers/node.ts';
import { compile, demandsOf, planHash, quantise } from '../../../inference/index.ts';
import { ASK_PATH } from '../../../inference/services/address.ts';
import { serveModel } from '../../../inference/services/serve.ts';
import { systemRandom, toHex } from '../../../protocol/crypto/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { type Correlations, corrections, correctedSide, WeightMasks } from '../../../protocol/mpc/dealer/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { type Listening, listening } from '../support/listening.ts';
import { networkOf } from '../support/networks.ts';

const TIMEOUT = 60_000;
let served: Listening;
afterEach(() => served.close());

it('an owner forgets what was dealt for a question whose asker left before anything was prepared', async () => {
  const network = networkOf(1, [6], ['dense 5', 'relu', 'dense 3']);
  const { plan } = compile(network, { system: 'chameleon' });
  const budget = await QueryBudget.open({});
  const demands = demandsOf(plan, 1);
  const maskSeed = systemRandom(32);
  const own = systemRandom(32);
  const told = corrections(demands, systemRandom(32), own, new WeightMasks({ corrected: maskSeed }));
  const dealt: Correlations = correctedSide(demands, own, told);
  let open: (value: Correlations) => void = () => undefined;
  const opened = new Promise<Correlations>((resolve) => (open = resolve));
  let end: (error: CairnError | undefined) => void = () => undefined;
  const ended = new Promise<CairnError | undefined>((resolve) => (end = resolve));
  served = await listening((server) =>
    serveModel({
      ...{ server, name: 'digits', plan, layers: quantise(network, plan), maskSeed },
      dealing: {
        source: { kind: 'transfers' },
        reserve: () => Promise.resolve({ piece: null, open: () => opened }),
      },
      ...{ access: { kind: 'open' }, addresses: [], budget },
      ...{ maxBatch: 1, maxSessions: 1, timeoutMs: TIMEOUT, idleMs: TIMEOUT, onFailed: end },
    }),
  );
  const gone = new Promise<void>((resolve) => {
    served.server.once('upgrade', (_request, socket) => socket.once('close', () => resolve()));
  });
  const channel = await dial(`${served.url}${ASK_PATH}`, TIMEOUT);
  await channel.receiveText();
  const asked = { kind: 'begin', planHash: toHex(planHash(plan)), session: toHex(systemRandom(16)), batch: 1 };
  channel.sendText(JSON.stringify({ ...asked, identity: null, next: null }));
  await channel.receiveText();
  channel.close(new CairnError('inference-ended', 'enough'));
  await gone;
  open(dealt);
  expect(await ended).toMatchObject({ code: 'inference-ended' });
  expect(codeOf(() => dealt.take(demands[0] as Parameters<Correlations['take']>[0]))).toBe('dealt-mismatch');
});
