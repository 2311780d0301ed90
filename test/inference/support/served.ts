import { type Access } from '../../../inference/access/access.ts';
import { QueryBudget } from '../../../inference/access/budget.ts';
import { accept, dial } from '../../../inference/drivers/node.ts';
import type { Network } from '../../../inference/network/types.ts';
import { evaluateFixed } from '../../../inference/plain/evaluate-fixed.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import type { Reveal, SystemName } from '../../../inference/plan/types.ts';
import { splitModel } from '../../../inference/secureml/half.ts';
import { DEAL_PATH, parseServer } from '../../../inference/services/address.ts';
import { DealerService } from '../../../inference/services/dealer.ts';
import { halfFromDealer, LINK_PATH, serveHalf } from '../../../inference/services/serve-half.ts';
import { serveModel } from '../../../inference/services/serve.ts';
import { ownerFromDealer } from '../../../inference/services/sources.ts';
import type { Answered } from '../../../inference/sessions/owner.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { toFixed, ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { type Listening, listening } from './listening.ts';

const TIMEOUT = 120_000;
const dealerAccess = { dial: (url: string) => dial(url, TIMEOUT), random: systemRandom, timeoutMs: TIMEOUT };

/** A dealer that listens on the loopback. */
export function openDealer(): Promise<Listening> {
  const service = new DealerService({ waitMs: TIMEOUT, maxWaiting: 10 });
  const onChannel: Parameters<typeof accept>[1][number]['onChannel'] = (channel) => service.serve(channel);
  return listening((server) => accept(server, [{ path: DEAL_PATH, maxSessions: 20, onChannel }]));
}

/** A model that is served on the loopback, and what became of its sessions. */
export interface ServedModel {
  /** Addresses of its servers, as an asker types them. */
  readonly urls: readonly string[];
  readonly answered: Answered[];
  readonly failed: CairnError[];
  /** The classes of rows by the same integers in the clear. */
  expected(rows: Float32Array): number[];
  close(): void;
}

/** How a test serves a model. */
export interface ServedOptions {
  readonly dealer: Listening;
  readonly system?: SystemName;
  readonly reveal?: Reveal;
  readonly access?: Access;
  readonly maxBatch?: number;
}

/** Serves a network under the name `digits`: by its owner for Chameleon, by two servers for SecureML. */
export async function openModel(network: Network, options: ServedOptions): Promise<ServedModel> {
  const { dealer, system = 'chameleon', reveal = 'class', access = { kind: 'open' }, maxBatch = 4 } = options;
  const { plan } = compile(network, { system, reveal });
  const layers = quantise(network, plan);
  const dealerUrl = `${dealer.url}${DEAL_PATH}`;
  const answered: Answered[] = [];
  const failed: CairnError[] = [];
  // A member signs the address that it typed, and the port is known once a server listens.
  const addresses: string[] = [];
  const common = {
    ...{ access, addresses, budget: await QueryBudget.open({ total: 1000 }), maxBatch, maxSessions: 10 },
    ...{ timeoutMs: TIMEOUT, idleMs: TIMEOUT },
    onAnswered: (one: Answered) => answered.push(one),
    onFailed: (error: CairnError) => failed.push(error),
  };
  const servers: Listening[] = [];
  if (system === 'secureml') {
    const [a, b] = splitModel('digits', plan, layers, systemRandom);
    const dealing = (half: typeof a) => halfFromDealer(dealerUrl, half, dealerAccess);
    const second = await listening((server) => serveHalf({ server, half: b, dealing: dealing(b), ...common }));
    const dialPeer = () => dial(`${second.url}${LINK_PATH}`, TIMEOUT);
    const first = await listening((server) => serveHalf({ server, half: a, dealing: dealing(a), dialPeer, ...common }));
    servers.push(first, second);
  } else {
    const maskSeed = systemRandom(32);
    const dealing = ownerFromDealer(dealerUrl, { plan, maskSeed }, dealerAccess);
    servers.push(
      await listening((server) => serveModel({ server, name: 'digits', plan, layers, maskSeed, dealing, ...common })),
    );
  }
  addresses.push(...servers.map(({ url }) => parseServer(url).address));
  return {
    ...{ urls: servers.map(({ url }) => url), answered, failed },
    expected(rows) {
      const count = rows.length / plan.inputShape.reduce((product: number, extent) => product * extent, 1);
      return [...evaluateFixed(plan, layers, toFixed(ringOf(plan.bits), rows, plan.fraction), count).classes];
    },
    close: () => servers.forEach((server) => server.close()),
  };
}
