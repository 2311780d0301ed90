import { identityFrom, portablePrimitives, systemRandom } from '../../protocol/crypto/index.ts';
import type { Channel } from '../drivers/channel.ts';
import { dialInBrowser } from '../drivers/browser.ts';
import { costOf, type PlanCost } from '../plan/cost.ts';
import { ASK_PATH, DEAL_PATH, parseServer, socketUrl } from '../services/address.ts';
import { type Answers, askerSide, askRows, batchOf, countRows } from '../services/ask.ts';
import { askerFrom } from '../services/sources.ts';
import { Asker } from '../sessions/asker.ts';
import type { AskerIdentity, Offered } from '../sessions/offered.ts';
import { browserPermutation } from './permutation.ts';

/** How a question is asked. */
export interface AskOptions {
  /**
   * The address of the dealer that you trust not to tell the model's owner what it deals: together the two could read
   * what you ask. What the owner says of its dealer decides nothing. Not needed if the owner computes without one.
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
      /** Rows that are asked for at a time, and what one time costs. */
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
 * Asks the server of a model for the classes of some rows, which it does not learn. All computing is done where this is
 * called, in slices of some milliseconds for small networks; for large ones call it in a Web Worker.
 * @param url the server's address, such as `https://models.example:9443`
 * @param rows rows × inputs numbers, within the range that the model takes
 * @throws CairnError `config-invalid` or `unsafe-plain-http` for an address; `peer-unreachable`, `peer-silent` or
 * `inference-ended` if a server cannot be reached, hangs or goes away; `dealer-unnamed` if there is a dealer that was not
 * named; `identity-required`; `tensor-shape` or `input-range` for the rows; `session-closed` once the signal aborts it;
 * `plan-differs` for a system of several servers; `simd-missing`; and what the server refuses with
 */
export async function ask(url: string, rows: Float32Array, options: AskOptions = {}): Promise<Asked> {
  const { onProgress, signal, timeoutMs = TIMEOUT_MS, unsafePlainHttp = false } = options;
  const server = parseServer(url, 'server', unsafePlainHttp);
  const dealer = options.dealer === undefined ? undefined : parseServer(options.dealer, 'dealer', unsafePlainHttp);
  const open = new Set<Channel>();
  const dial = async (address: string): Promise<Channel> => {
    const channel = await dialInBrowser(address, { timeoutMs, signal });
    open.add(channel);
    return channel;
  };
  const leave = (): void => {
    for (const channel of open) channel.close();
  };
  signal?.addEventListener('abort', leave);
  const random = systemRandom;
  const source = dealer && { kind: 'url' as const, url: socketUrl(dealer, DEAL_PATH) };
  const identity = identityOf(options.identity);
  try {
    const asker = await Asker.open(await dial(socketUrl(server, ASK_PATH)), {
      ...{ address: server.address, side: askerSide, dealing: askerFrom(source, { dial, random, timeoutMs }) },
      ...(identity && { identity }),
      tools: {
        ...{ primitives: portablePrimitives, random, permutation: browserPermutation() },
        ...{ now: () => Date.now(), timeoutMs, idleMs: timeoutMs },
      },
    });
    try {
      const { offered } = asker;
      const count = countRows(offered.plan, rows);
      const batch = batchOf(offered, count);
      onProgress?.({ kind: 'offered', offered, rows: count, batch, cost: costOf(offered.plan, batch) });
      const answers = await askRows(asker, rows, (answered) =>
        onProgress?.({ kind: 'answered', answered, rows: count }),
      );
      return { ...answers, offered };
    } finally {
      asker.close();
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    leave();
    if (options.identity !== undefined && 'seed' in options.identity) identity?.keys.secretKey.wipe();
  }
}

/** A key pair of its own for a seed, which is wiped at the end. */
function identityOf(identity: AskOptions['identity']): AskerIdentity | undefined {
  if (identity === undefined || 'keys' in identity) return identity;
  return { member: identity.member, keys: identityFrom(portablePrimitives, identity.seed) };
}
