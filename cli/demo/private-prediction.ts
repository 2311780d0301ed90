import { compile, quantise, readNetwork } from '../../inference/index.ts';
import {
  accept,
  ASK_PATH,
  Asker,
  askerFrom,
  askerSide,
  askRows,
  DEAL_PATH,
  DealerService,
  dial,
  nodeTools,
  ownerFromDealer,
  QueryBudget,
  serveModel,
  socketUrl,
} from '../../inference/internal.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { canonicalAddress } from '../../protocol/wire/index.ts';
import type { Dataset } from '../../training/data/index.ts';
import { bytesText } from '../bytes-text.ts';
import { type OpenServer, readyServer } from '../inference/open-server.ts';
import { dealerAccess } from '../inference/dealer-access.ts';
import { TIMES } from '../inference/times.ts';

/** How the demonstration's model answered one question that its owner did not see. */
export interface PrivatePrediction {
  readonly class: number;
  /** The class that the data set has for the image. */
  readonly label: number;
  /** Milliseconds from the input to the answer, and those of what was prepared before. */
  readonly ms: number;
  readonly preparedMs: number;
  /** Bytes that passed from the input to the answer, both ways together. */
  readonly bytes: number;
}

/** Test images that bound values if the weights' own bounds are too wide. */
const CALIBRATION = 1000;

/**
 * Serves a model with Chameleon, and asks it for the class of the first test image: an owner, a dealer and an asker, over
 * sockets of this machine.
 * @param model the file, with a description of its network
 * @throws CairnError as `compile` and a session do
 */
export async function predictPrivately(model: Uint8Array, test: Dataset): Promise<PrivatePrediction> {
  const network = readNetwork(model);
  const { inputSize } = test;
  const calibration = test.inputs.subarray(0, Math.min(CALIBRATION, test.examples) * inputSize);
  const { plan } = compile(network, { system: 'chameleon', calibration });
  const maskSeed = systemRandom(32);
  const service = new DealerService({ waitMs: TIMES.messageMs, maxWaiting: 1 });
  const [dealer, owner] = [await onLoopback(), await onLoopback()];
  try {
    accept(dealer.server, [{ path: DEAL_PATH, maxSessions: 2, onChannel: (channel) => service.serve(channel) }]);
    const dealerAddress = canonicalAddress(dealer.url);
    const tools = nodeTools(TIMES.messageMs, TIMES.idleMs);
    serveModel({
      ...{ server: owner.server, name: 'mnist', plan, layers: quantise(network, plan), maskSeed },
      dealing: ownerFromDealer(dealerAddress, { plan, maskSeed }, dealerAccess()),
      ...{ access: { kind: 'open' }, addresses: owner.addresses, budget: await QueryBudget.open({}) },
      ...{ maxBatch: 1, maxSessions: 1, timeoutMs: TIMES.messageMs, idleMs: TIMES.idleMs },
    });
    const address = canonicalAddress(owner.url);
    const asker = await Asker.open(await dial(socketUrl({ address }, ASK_PATH), TIMES.connectMs), {
      ...{ address, side: askerSide, tools },
      dealing: askerFrom({ kind: 'url', url: dealerAddress }, dealerAccess()),
    });
    try {
      const answers = await askRows(asker, test.inputs.slice(0, inputSize));
      return {
        ...{
          class: answers.classes[0]!,
          label: test.labels[0]!,
          ms: rounded(answers.onlineMs),
          preparedMs: rounded(answers.offlineMs),
        },
        bytes: answers.online.sentBytes + answers.online.receivedBytes,
      };
    } finally {
      asker.close();
    }
  } finally {
    owner.close();
    dealer.close();
    maskSeed.fill(0);
  }
}

const rounded = (ms: number): number => Number(ms.toFixed(3));

async function onLoopback(): Promise<OpenServer> {
  const ready = await readyServer({ host: '127.0.0.1', port: 0 }, 'a part of cairn demo');
  return ready.listen();
}

/** One line on it. */
export function predictionLine({ class: found, label, ms, preparedMs, bytes }: PrivatePrediction): string {
  const truth = found === label ? `and its label is ${label}` : `but its label is ${label}`;
  const cost = `${ms.toFixed(1)} ms and ${bytesText(bytes)} after ${Math.round(preparedMs)} ms of preparation`;
  return `asked privately (chameleon), the model says that the first test image is a ${found}, ${truth}: ${cost}; its owner saw neither image nor answer`;
}
