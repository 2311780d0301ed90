import { createServer } from 'node:http';
import { decodePlan, demandsOf, encodePlan, type Plan } from '../../../../inference/index.ts';
import {
  accept,
  type Answer,
  askDealer,
  type AskerSide,
  ChameleonAsker,
  chameleonModel,
  ChameleonOwner,
  type Channel,
  dial,
  difference,
  type OwnerSide,
  runParty,
  type RunOptions,
  SecureMlServer,
  type ServerSide,
} from '../../../../inference/internal.ts';
import { systemRandom } from '../../../../protocol/crypto/index.ts';
import { nodePermutation } from '../../../../protocol/crypto/node/index.ts';
import type { Words } from '../../../../protocol/mpc/sharing/index.ts';
import { peakMegabytes } from './memory.ts';
import { type OnlineResult, type Outcome, type Party, type Phase, type Place, SIDE_PATH } from './messages.ts';

const TIMEOUT_MS = 120_000;
const OPTIONS: RunOptions = { permutation: nodePermutation, timeoutMs: TIMEOUT_MS };

/** A side of a computation in this process: what it is told to do, it does against the side at the other end. */
export class SideProcess {
  readonly #place: Place;
  readonly #plan: Plan;
  readonly #side: OwnerSide | AskerSide | ServerSide;
  readonly #channel: Promise<Channel>;
  #input: Words | Uint8Array | undefined;

  private constructor(place: Place, channel: Promise<Channel>) {
    this.#place = place;
    this.#plan = decodePlan(place.plan);
    this.#side = sideOf(place.party, this.#plan);
    this.#channel = channel;
  }

  /** A side that is connected to, and the port that it listens at. */
  static async listen(place: Place): Promise<{ readonly side: SideProcess; readonly port: number }> {
    const server = createServer();
    const channel = new Promise<Channel>((resolve) => {
      const onChannel = (opened: Channel): Promise<void> => {
        resolve(opened);
        return opened.ended(2 ** 31 - 1);
      };
      accept(server, [{ path: SIDE_PATH, maxSessions: 1, onChannel }]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { side: new SideProcess(place, channel), port: (server.address() as { readonly port: number }).port };
  }

  /** A side that connects. */
  static async dial(place: Place, url: string): Promise<SideProcess> {
    return new SideProcess(place, Promise.resolve(await dial(url, TIMEOUT_MS)));
  }

  /** What serves all batches. */
  async setup(): Promise<Phase> {
    const channel = await this.#channel;
    return (await measured(channel, () => runParty(this.#side.setup(), channel, OPTIONS))).phase;
  }

  /** Gets a piece from the dealer, and prepares a batch with it. */
  async offline(batch: number, session: Uint8Array): Promise<Phase> {
    const channel = await this.#channel;
    const { dealer, party } = this.#place;
    const plan = this.#plan;
    let dealtBytes = 0;
    const { phase } = await measured(channel, async () => {
      const toDealer = await dial(dealer, TIMEOUT_MS);
      const question = {
        ...{ session, plan: encodePlan(plan), demands: demandsOf(plan, batch), batch },
        side: party.role === 'asker' || party.role === 'a' ? ('seeded' as const) : ('corrected' as const),
        maskSeed: 'maskSeed' in party ? party.maskSeed : undefined,
      };
      const dealt = await askDealer(toDealer, question, systemRandom, TIMEOUT_MS);
      dealtBytes = toDealer.traffic.receivedBytes;
      await runParty(this.#side.offline(batch, dealt), channel, OPTIONS);
    });
    return { ...phase, dealtBytes };
  }

  /** Takes the input of the batch that was prepared. */
  take(values: Words | Uint8Array | undefined): void {
    this.#input = values;
  }

  /** Computes the batch. */
  async online(): Promise<OnlineResult> {
    const channel = await this.#channel;
    // Each kind of side takes what its own kind of party was sent.
    const party = (
      this.#side as { online(input: unknown): ReturnType<ServerSide['online'] | AskerSide['online']> }
    ).online(this.#input);
    const { phase, result } = await measured(channel, () =>
      runParty<Uint8Array | Answer | undefined>(party, channel, OPTIONS),
    );
    return { phase, outcome: outcomeOf(result), peakMegabytes: peakMegabytes() };
  }
}

function sideOf(party: Party, plan: Plan): OwnerSide | AskerSide | ServerSide {
  const random = systemRandom;
  if (party.system === 'secureml') return new SecureMlServer({ ...party, plan, random });
  if (party.role === 'asker') return new ChameleonAsker(plan);
  return new ChameleonOwner(chameleonModel({ ...party, plan, random }));
}

function outcomeOf(result: Uint8Array | Answer | undefined): Outcome {
  return result === undefined || result instanceof Uint8Array ? result : result.classes;
}

async function measured<T>(
  channel: Channel,
  work: () => Promise<T>,
): Promise<{ readonly phase: Phase; readonly result: T }> {
  const before = channel.traffic;
  const from = performance.now();
  const result = await work();
  const seconds = (performance.now() - from) / 1000;
  return { phase: { seconds, ...difference(channel.traffic, before), dealtBytes: 0 }, result };
}
