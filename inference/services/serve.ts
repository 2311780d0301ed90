import type { Server } from 'node:http';
import { nodePermutation, nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { Access } from '../access/access.ts';
import type { QueryBudget } from '../access/budget.ts';
import { ChameleonOwner, chameleonModel } from '../chameleon/owner.ts';
import { accept, type Acceptor } from '../drivers/node.ts';
import { encodePlan } from '../plan/encode.ts';
import { planHash } from '../plan/hash.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import type { Plan } from '../plan/types.ts';
import { ASK_PATH } from './address.ts';
import type { OwnerDealing } from '../sessions/dealing.ts';
import { answer, type Answered } from '../sessions/owner.ts';
import type { SessionTools } from '../sessions/tools.ts';

/** What the owner of a model serves, and how. */
export interface ServeOptions {
  /** The HTTP server on which sessions are accepted, at {@link ASK_PATH}. It stays the caller's. */
  readonly server: Server;
  /** The model's name, which is also the task that members must be enrolled for. */
  readonly name: string;
  readonly plan: Plan;
  readonly layers: readonly QuantisedLayer[];
  /** 32 bytes: the seed of the weights' masks; the dealer's file has it, or it is drawn for this process. */
  readonly maskSeed: Uint8Array;
  readonly dealing: OwnerDealing;
  readonly access: Access;
  readonly addresses: readonly string[];
  readonly budget: QueryBudget;
  readonly maxBatch: number;
  readonly maxSessions: number;
  /** Milliseconds to wait for a message in a computation, and for the next question. */
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly onAnswered?: (answered: Answered) => void;
  /** A session ended by an error. */
  readonly onFailed?: (error: CairnError) => void;
}

/** Tools of sessions in Node. */
export function nodeTools(timeoutMs: number, idleMs: number): SessionTools {
  return {
    ...{ primitives: nodePrimitives, random: systemRandom, permutation: nodePermutation },
    ...{ now: () => Date.now(), timeoutMs, idleMs },
  };
}

/** Answers questions to a model until it is closed. */
export function serveModel(options: ServeOptions): Acceptor {
  const { server, plan, layers, maskSeed, maxSessions, timeoutMs, idleMs, onAnswered, onFailed } = options;
  const tools = nodeTools(timeoutMs, idleMs);
  const model = chameleonModel({ plan, layers, maskSeed, random: systemRandom });
  const served = {
    ...{ name: options.name, system: plan.system, plan: encodePlan(plan), planHash: planHash(plan) },
    ...{ maxBatch: options.maxBatch, dealing: options.dealing, access: options.access },
    ...{ addresses: options.addresses, budget: options.budget },
    side: () => new ChameleonOwner(model),
  };
  const acceptor = accept(server, [
    {
      path: ASK_PATH,
      maxSessions,
      onChannel: (channel) =>
        answer(channel, served, tools, {
          onAnswered: (answered) => onAnswered?.(answered),
          onEnd: (error) => {
            if (error !== undefined) onFailed?.(error);
          },
        }),
    },
  ]);
  return {
    close: () => {
      acceptor.close();
      model.prepared.wipe();
    },
  };
}
