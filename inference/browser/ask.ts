import { identityFrom, portablePrimitives, systemRandom } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Channel } from '../drivers/channel.ts';
import { dialInBrowser, LEFT } from '../drivers/browser.ts';
import { costOf, type PlanCost } from '../plan/cost.ts';
import { ASK_PATH, DEAL_PATH, parseServer, socketUrl } from '../services/address.ts';
import { type Answers, askerSide, askRows, batchOf, countRows } from '../services/ask.ts';
import { askerFrom } from '../services/sources.ts';
import { Asker, type Asking } from '../sessions/asker.ts';
import type { AskerIdentity, Offered } from '../sessions/offered.ts';
import { TwoServerAsker } from '../sessions/two-servers.ts';
import { browserPermutation } from './permutation.ts';

/** How a question is asked. */
export interface AskOptions {
  /**
   * The address of the dealer that you trust not to tell the model's owner what it deals: together the two could read
   * what you ask. What the owner says of its dealer decides nothing. Two servers have their own dealer, or none.
   */
  readonly dealer?: string;
  /** Who asks, if the model answers enrolled members only: the Ed25519 identity as a key pair, or its 32-byte seed. */
  readonly identity?: AskerIdentity | { readonly member: number; readonly seed: Uint8Array };
  /** Called before anything is computed, and after each batch. What it throws ends the session. */
  readonly onProgress?: (event: AskEvent) => void;
  /** Aborting it ends the session. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for a connection, and for each message. Default 60 000. */
  readonly timeoutMs?: number;
  /** Whether a plain connection to another machine is accepted, as in a closed test network. */
  readonly unsafePlainHttp?: boolean;
}

/** What happens while a question is answered. */
export type AskEvent =
  | {
      /** The server has said what it offers, and nothing has been computed yet. */
      readonly kind: 'offered';
      readonly offered: Offered;
      readonly rows: number;
      /**
       * Rows that are asked for at a time, and what one time costs the two that compute: of an owner and who asks, the
       * latter is the seeded side.
       */
      readonly batch: number;
      readonly cost: PlanCost;
    }
  /** So many of the rows are answered. */
  | { readonly kind: 'answered'; readonly answered: number; readonly rows: number };

/** The answers, and from what. */
export interface Asked extends Answers {
  readonly offered: Offered;
}

const TIMEOUT_MS = 60_000;

/**
 * Asks a model about some rows, which its server does not learn. All computing is done where this is called: for large
 * networks call it in a Web Worker.
 * @param servers the address of the model's owner, such as `https://models.example:9443`; or those of the two servers
 * that hold halves of it, a first, which you trust not to work together
 * @param rows rows × inputs numbers, within the range that the model takes
 * @throws CairnError `config-invalid` or `unsafe-plain-http` for an address; `peer-unreachable`, `peer-silent` or
 * `inference-ended` if a server cannot be reached, hangs or goes away; `dealer-unnamed` if there is a dealer that was not
 * named; `identity-required`; `tensor-shape` or `input-range` for the rows; `session-closed` once the signal aborts it;
 * `server-role` for servers of other roles, `plan-differs` for two of different models; `simd-missing`; and what a server
 * refuses with
 */
export async function ask(
  servers: string | readonly [a: string, b: string],
  rows: Float32Array,
  options: AskOptions = {},
): Promise<Asked> {
  const { onProgress, signal } = options;
  const connections = new Connections(options);
  const { identity, wipe } = identityOf(options.identity);
  try {
    const asking = await openSession(servers, options, connections, identity);
    try {
      const { offered } = asking;
      const count = countRows(offered.plan, rows);
      const batch = batchOf(offered, count);
      onProgress?.({ kind: 'offered', offered, rows: count, batch, cost: costOf(offered.plan, batch) });
      const answers = await askRows(asking, rows, (answered) =>
        onProgress?.({ kind: 'answered', answered, rows: count }),
      );
      return { ...answers, offered };
    } finally {
      asking.close();
    }
  } catch (thrown) {
    // Whatever a connection says of an end that was asked for.
    if (signal?.aborted === true) throw new CairnError('session-closed', LEFT, { cause: thrown });
    throw thrown;
  } finally {
    connections.close();
    wipe();
  }
}

async function openSession(
  servers: string | readonly [a: string, b: string],
  { dealer, timeoutMs = TIMEOUT_MS, unsafePlainHttp }: AskOptions,
  connections: Connections,
  identity: AskerIdentity | undefined,
): Promise<Asking> {
  const tools = {
    ...{ primitives: portablePrimitives, random: systemRandom, permutation: browserPermutation() },
    ...{ now: () => Date.now(), timeoutMs, idleMs: timeoutMs },
  };
  const who = identity === undefined ? {} : { identity };
  const source = dealer === undefined ? undefined : parseServer(dealer, 'dealer', unsafePlainHttp);
  if (typeof servers === 'string') {
    const { address } = parseServer(servers, 'server', unsafePlainHttp);
    const dealing = askerFrom(source && { kind: 'url', url: socketUrl(source, DEAL_PATH) }, {
      ...{ dial: (url) => connections.open(url), random: systemRandom, timeoutMs },
    });
    const channel = await connections.open(socketUrl({ address }, ASK_PATH));
    return await Asker.open(channel, { address, ...who, side: askerSide, dealing, tools });
  }
  const parsed = servers.map((server, at) => parseServer(server, `server ${at === 0 ? 'a' : 'b'}`, unsafePlainHttp));
  const [a, b] = await Promise.all(
    parsed.map(async ({ address }) => ({ address, channel: await connections.open(socketUrl({ address }, ASK_PATH)) })),
  );
  return await TwoServerAsker.open(a!, b!, { ...who, tools });
}

/** All connections of one call: none is left open, nor opened later, when it ends. */
class Connections {
  readonly #options: AskOptions;
  readonly #ended = new AbortController();
  readonly #open = new Set<Channel>();
  readonly #leave = (): void => {
    this.#ended.abort();
    for (const channel of this.#open) channel.close();
  };

  constructor(options: AskOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', this.#leave);
    if (options.signal?.aborted === true) this.#leave();
  }

  async open(url: string): Promise<Channel> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const channel = await dialInBrowser(url, { timeoutMs, signal: this.#ended.signal });
    this.#open.add(channel);
    return channel;
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#leave);
    this.#leave();
  }
}

/** Who asks; a key pair that was made from a seed is wiped at the end. */
function identityOf(given: AskOptions['identity']): {
  readonly identity: AskerIdentity | undefined;
  readonly wipe: () => void;
} {
  if (given === undefined || 'keys' in given) return { identity: given, wipe: () => undefined };
  const keys = identityFrom(portablePrimitives, given.seed);
  return { identity: { member: given.member, keys }, wipe: () => keys.secretKey.wipe() };
}
