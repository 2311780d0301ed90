import { equalBytes } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { Correlations } from '../../protocol/mpc/dealer/index.ts';
import { type Access, admit } from '../access/access.ts';
import type { QueryBudget } from '../access/budget.ts';
import type { Channel, Traffic } from '../drivers/channel.ts';
import { runParty, within } from '../drivers/run.ts';
import { difference } from '../drivers/traffic.ts';
import type { OwnerSide } from '../systems.ts';
import type { OwnerDealing } from './dealing.ts';
import { type Begin, bytesOf, type Dealing, type Offer, readText, SESSION_VERSION, textOf } from './messages.ts';
import type { SessionTools } from './tools.ts';

/** A model that is served. */
export interface Served {
  /** Its name, which is also the task that a member must be enrolled for. */
  readonly name: string;
  readonly system: string;
  /** Canonical encoding of the plan, and its hash. */
  readonly plan: Uint8Array;
  readonly planHash: Uint8Array;
  readonly maxBatch: number;
  /** A fresh side for each connection. */
  side(): OwnerSide;
  readonly dealing: OwnerDealing;
  readonly access: Access;
  /** Addresses under which members know this server, canonical. */
  readonly addresses: readonly string[];
  readonly budget: QueryBudget;
}

/** A batch that was answered. */
export interface Answered {
  /** The identity key in hex, or `guest`. */
  readonly who: string;
  readonly batch: number;
  readonly offlineMs: number;
  readonly onlineMs: number;
  readonly offline: Traffic;
  readonly online: Traffic;
}

/**
 * Answers one asker until it leaves: computation after computation. It never rejects: whatever goes wrong ends the
 * channel, and is reported to `onEnd`.
 */
export async function answer(
  channel: Channel,
  served: Served,
  tools: SessionTools,
  events: {
    readonly onAnswered: (answered: Answered) => void;
    readonly onEnd: (error: CairnError | undefined) => void;
  },
): Promise<void> {
  const { random, idleMs } = tools;
  const challenge = random(32);
  const side = served.side();
  let prepared = false;
  try {
    channel.sendText(JSON.stringify(offerOf(served, challenge, 'owner')));
    for (;;) {
      const text = await within(channel.receiveText(), idleMs);
      const begin = readText('begin', text);
      const { who, left } = await admitted(begin, served, challenge, tools);
      const { piece, open } = await served.dealing.reserve(bytesOf(begin.session), begin.batch, begin.next);
      channel.sendText(JSON.stringify({ kind: 'ready', left, piece }));
      events.onAnswered(await compute(channel, side, { who, batch: begin.batch, open, prepared }, tools));
      prepared = true;
    }
  } catch (thrown) {
    const error = asCairnError(thrown);
    const left = error.code === 'session-closed';
    channel.close(left ? undefined : error);
    events.onEnd(left ? undefined : error);
  } finally {
    side.wipe();
  }
}

/** What servers of every kind offer. */
type Offering = Pick<Served, 'name' | 'system' | 'plan' | 'planHash' | 'maxBatch' | 'access' | 'addresses' | 'budget'>;

/** The first text of a session. */
export function offerOf(
  served: Offering & { readonly dealing: { readonly source: Dealing } },
  challenge: Uint8Array,
  role: Offer['role'],
): Offer {
  return {
    ...{ kind: 'offer', version: SESSION_VERSION, system: served.system, name: served.name, role },
    ...{ plan: base64Of(served.plan), maxBatch: served.maxBatch, challenge: textOf(challenge) },
    ...{ access: served.access.kind, dealing: served.dealing.source },
  };
}

/**
 * Checks who asks for what, and writes the rows off.
 * @throws CairnError `plan-mismatch`, `batch-too-large`, `queries-used-up`, and those of `admit`
 */
export async function admitted(
  begin: Begin,
  served: Offering,
  challenge: Uint8Array,
  { primitives, now }: SessionTools,
): Promise<{ readonly who: string; readonly left: number | null }> {
  checkBegin(begin, served);
  const who = admit(primitives, served.access, {
    ...{ identity: begin.identity, challenge, addresses: served.addresses, name: served.name },
    ...{ planHash: served.planHash, now: Math.floor(now() / 1000) },
  });
  return { who, left: (await served.budget.take(who, begin.batch, now())) ?? null };
}

/** @throws CairnError `plan-mismatch`, `batch-too-large` */
function checkBegin({ planHash, batch }: Begin, served: Offering): void {
  if (!equalBytes(bytesOf(planHash), served.planHash)) {
    throw new CairnError('plan-mismatch', 'the asker has another plan than this server');
  }
  if (batch > served.maxBatch) {
    throw new CairnError('batch-too-large', `${batch} rows were asked for at once, and ${served.maxBatch} are allowed`);
  }
}

interface Batch {
  readonly who: string;
  readonly batch: number;
  readonly open: () => Promise<Correlations>;
  /** Whether the connection's setup is done. */
  readonly prepared: boolean;
}

async function compute(
  channel: Channel,
  side: OwnerSide,
  { who, batch, open, prepared }: Batch,
  tools: SessionTools,
): Promise<Answered> {
  const begun = performance.now();
  const before = channel.traffic;
  const dealt = await open();
  let middle: number;
  let between: Traffic;
  try {
    if (!prepared) await runParty(side.setup(), channel, tools);
    await runParty(side.offline(batch, dealt), channel, tools);
    middle = performance.now();
    between = channel.traffic;
    await runParty(side.online(), channel, tools);
  } finally {
    dealt.wipe();
  }
  return {
    ...{ who, batch, offlineMs: middle - begun, onlineMs: performance.now() - middle },
    ...{ offline: difference(between, before), online: difference(channel.traffic, between) },
  };
}

/** Base64 without Node's Buffer: a page decodes it as well. */
function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
