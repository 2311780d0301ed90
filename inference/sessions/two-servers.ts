import { equalBytes } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { Words } from '../../protocol/mpc/sharing/index.ts';
import type { Channel, Traffic } from '../drivers/channel.ts';
import { within } from '../drivers/run.ts';
import { difference } from '../drivers/traffic.ts';
import { answerBytes, joinAnswer, shareInputs } from '../secureml/asker.ts';
import type { Asking, Prediction } from './asker.ts';
import { readText, textOf } from './messages.ts';
import { type AskerIdentity, expectRole, type Offered, readOffer, signed } from './offered.ts';
import type { SessionTools } from './tools.ts';

/** One of the two servers, as the asker has reached it. */
export interface ReachedServer {
  readonly channel: Channel;
  /** Its address as the user typed it, canonical. */
  readonly address: string;
}

/** What the asker brings. */
export interface TwoServerOptions {
  readonly identity?: AskerIdentity;
  readonly tools: SessionTools;
  /** See `AskerOptions.onReady`: the servers' smaller number. */
  readonly onReady?: (left: number | undefined) => void;
}

/**
 * How many times longer than for a message of a computation the asker waits: the servers exchange many of them, and say
 * nothing to it meanwhile. Each of them notices when the other one is silent.
 */
const PATIENCE = 10;

interface Server extends ReachedServer {
  readonly offered: Offered;
  readonly challenge: Uint8Array;
}

/**
 * A session with the two servers of SecureML. The asker shares its input between them and puts the shares of the answer
 * together; what either sees alone is uniform. It must have reason to believe that the two do not work together: it names
 * both itself, since a server that named the other could name itself twice.
 */
export class TwoServerAsker implements Asking {
  readonly offered: Offered;
  readonly #servers: readonly [Server, Server];
  readonly #options: TwoServerOptions;

  private constructor(servers: readonly [Server, Server], options: TwoServerOptions) {
    this.offered = servers[0].offered;
    this.#servers = servers;
    this.#options = options;
  }

  /**
   * Reads what both servers offer.
   * @throws CairnError `server-role` if they are not a and b in this order, `plan-mismatch` if they serve different models,
   * and those of `readOffer`
   */
  static async open(a: ReachedServer, b: ReachedServer, options: TwoServerOptions): Promise<TwoServerAsker> {
    try {
      const servers = (await Promise.all(
        [a, b].map(async (server, at) => {
          const { offered, challenge, role } = await readOffer(server.channel, options.identity, options.tools);
          expectRole(offered, role, at === 0 ? 'a' : 'b');
          return { ...server, offered, challenge };
        }),
      )) as unknown as readonly [Server, Server];
      const [first, second] = servers;
      if (!equalBytes(first.offered.planHash, second.offered.planHash) || first.offered.name !== second.offered.name) {
        throw new CairnError('plan-mismatch', `${a.address} and ${b.address} serve halves of different models`);
      }
      return new TwoServerAsker(servers, options);
    } catch (thrown) {
      const error = asCairnError(thrown);
      for (const { channel } of [a, b]) channel.close(error);
      throw error;
    }
  }

  /**
   * Asks for some rows.
   * @param inputs batch × inputs ring elements
   * @throws CairnError `batch-too-large`, and whatever ends the session on any side
   */
  async ask(inputs: Words, batch: number): Promise<Prediction> {
    const maxBatch = Math.min(...this.#servers.map(({ offered }) => offered.maxBatch));
    if (batch > maxBatch) {
      throw new CairnError('batch-too-large', `${batch} rows are too many at once: the servers take ${maxBatch}`);
    }
    try {
      return await this.#compute(inputs, batch);
    } catch (thrown) {
      const error = asCairnError(thrown);
      for (const { channel } of this.#servers) channel.close(error);
      throw error;
    }
  }

  /** Leaves. */
  close(): void {
    for (const { channel } of this.#servers) channel.close();
  }

  async #compute(inputs: Words, batch: number): Promise<Prediction> {
    const { tools } = this.#options;
    const { plan, planHash } = this.offered;
    const session = textOf(tools.random(16));
    const begun = performance.now();
    const before = this.#traffic();
    for (const { channel, address, offered, challenge } of this.#servers) {
      const asking = { address, ...(this.#options.identity === undefined ? {} : { identity: this.#options.identity }) };
      const identity = signed(tools.primitives, asking, offered, challenge);
      channel.sendText(
        JSON.stringify({ kind: 'begin', planHash: textOf(planHash), session, batch, identity, next: null }),
      );
    }
    const ready = await this.#both(async ({ channel }) => {
      return readText('ready', await within(channel.receiveText(), PATIENCE * tools.timeoutMs));
    });
    const bounds = ready.map(({ left: rows }) => rows).filter((rows) => rows !== null);
    const left = bounds.length === 0 ? undefined : Math.min(...bounds);
    this.#options.onReady?.(left);
    const middle = performance.now();
    const between = this.#traffic();
    const shares = shareInputs(plan, inputs, tools.random);
    for (const [at, { channel }] of this.#servers.entries()) channel.send(shares[at]!);
    const length = answerBytes(plan, batch);
    const [a, b] = await this.#both(({ channel }) => within(channel.receive(length), PATIENCE * tools.timeoutMs));
    return {
      ...joinAnswer(plan, batch, a, b),
      ...{ offlineMs: middle - begun, onlineMs: performance.now() - middle },
      ...{ offline: difference(between, before), online: difference(this.#traffic(), between) },
      left,
    };
  }

  #both<T>(work: (server: Server) => Promise<T>): Promise<[T, T]> {
    return Promise.all([work(this.#servers[0]), work(this.#servers[1])]);
  }

  #traffic(): Traffic {
    const [a, b] = this.#servers.map(({ channel }) => channel.traffic) as [Traffic, Traffic];
    return {
      sentBytes: a.sentBytes + b.sentBytes,
      receivedBytes: a.receivedBytes + b.receivedBytes,
      turns: Math.max(a.turns, b.turns),
    };
  }
}
