import { LABELS, systemRandom, toHex, transcript } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type Correlations, SESSION_BYTES } from '../../protocol/mpc/dealer/index.ts';
import { accept, type Acceptor } from '../drivers/node.ts';
import type { Channel } from '../drivers/channel.ts';
import { demandsOf } from '../plan/demands.ts';
import { encodePlan } from '../plan/encode.ts';
import { planHash } from '../plan/hash.ts';
import type { ModelHalf } from '../secureml/half.ts';
import { SecureMlServer } from '../secureml/server.ts';
import { TransferSource } from '../secureml/transfers.ts';
import {
  answerAsA,
  type LinkDealing,
  type ReservedHalf,
  ServerB,
  type ServedHalf,
  type ServerDealing,
} from '../sessions/servers.ts';
import { ASK_PATH } from './address.ts';
import { askDealer } from './dealing.ts';
import { nodeTools, type ServeOptions } from './serve.ts';
import { type DealerAccess, type Pieces, takePiece } from './sources.ts';

/** The path at which server a reaches b. */
export const LINK_PATH = '/link';

/** What a server serves its half of a model with. */
export interface ServeHalfOptions extends Omit<ServeOptions, 'name' | 'plan' | 'layers' | 'maskSeed' | 'dealing'> {
  readonly half: ModelHalf;
  readonly dealing: ServerDealing;
  /** Server a alone: opens a connection to b's {@link LINK_PATH}. */
  readonly dialPeer?: () => Promise<Channel>;
}

/** A server's randomness from a dealer that both servers reach. */
export function halfFromDealer(
  url: string,
  { role, plan, maskSeed, linkKey }: ModelHalf,
  access: DealerAccess,
): ServerDealing {
  const encoded = encodePlan(plan);
  return {
    source: { kind: 'url', url },
    maskSeed,
    link: () => ({ next: () => null, reserve, wipe: () => undefined }),
  };
  function reserve(session: Uint8Array, batch: number): Promise<ReservedHalf> {
    const side = role === 'a' ? 'seeded' : 'corrected';
    // The asker knows the session's id, and must not be able to come to the dealer in a server's place.
    const id = transcript(nodePrimitives, LABELS.dealerSession, linkKey, session).subarray(0, SESSION_BYTES);
    const question = { side, session: id, plan: encoded, demands: demandsOf(plan, batch), batch, maskSeed } as const;
    const open = async (): Promise<Correlations> =>
      await askDealer(await access.dial(url), question, access.random, access.timeoutMs);
    return Promise.resolve({ piece: null, open });
  }
}

/** A server's randomness from its file of a pair, whose pieces serve `batch` rows each. */
export function halfFromFile(file: Pieces, maskSeed: Uint8Array, batch: number): ServerDealing {
  const dealing: LinkDealing = {
    next: () => file.next,
    wipe: () => undefined,
    reserve: (_, asked, from) => takePiece(file, { batch, asked, next: from, other: 'other server' }),
  };
  return { source: { kind: 'file', pair: toHex(file.pair), batch }, maskSeed, link: () => dealing };
}

/** A server's randomness by oblivious transfers with the other one: no dealer is trusted, and it takes longer. */
export function halfFromTransfers({ role, plan, maskSeed }: ModelHalf): ServerDealing {
  return {
    source: { kind: 'transfers' },
    maskSeed,
    link() {
      // Each link sets up separate transfers: both sides of a setup must count the same steps.
      const source = new TransferSource(plan, role, maskSeed, systemRandom);
      return {
        next: () => null,
        reserve: (_, batch) => Promise.resolve({ piece: null, open: () => Promise.resolve(source.piece(batch)) }),
        wipe: () => source.wipe(),
      };
    },
  };
}

/** Serves one half of a model until it is closed. @throws CairnError `usage` if server a does not know where b is */
export function serveHalf(options: ServeHalfOptions): Acceptor {
  const { server, half, dealing, dialPeer, maxSessions, timeoutMs, idleMs, onAnswered, onFailed } = options;
  const tools = nodeTools(timeoutMs, idleMs);
  const served: ServedHalf = {
    ...{ name: half.name, system: half.plan.system, plan: encodePlan(half.plan), planHash: planHash(half.plan) },
    ...{ maxBatch: options.maxBatch, access: options.access, addresses: options.addresses, budget: options.budget },
    ...{ half, dealing, side: () => new SecureMlServer({ ...half, maskSeed: dealing.maskSeed, random: systemRandom }) },
  };
  const events = {
    onAnswered: (answered: Parameters<NonNullable<typeof onAnswered>>[0]) => onAnswered?.(answered),
    onEnd: (error: CairnError | undefined) => {
      if (error !== undefined) onFailed?.(error);
    },
  };
  if (half.role === 'a') {
    if (dialPeer === undefined) {
      throw new CairnError('usage', 'server a must be told where server b is', { hint: 'pass --peer URL' });
    }
    const onChannel = (channel: Channel): Promise<void> => answerAsA(channel, served, dialPeer, tools, events);
    return accept(server, [{ path: ASK_PATH, maxSessions, onChannel }]);
  }
  const b = new ServerB(served, tools, events);
  return accept(server, [
    { path: ASK_PATH, maxSessions, onChannel: (channel) => b.answer(channel) },
    { path: LINK_PATH, maxSessions, onChannel: (channel) => b.lead(channel) },
  ]);
}
