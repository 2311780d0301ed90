import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { Correlations } from '../../protocol/mpc/dealer/index.ts';
import type { Party } from '../../protocol/mpc/index.ts';
import type { Channel } from '../drivers/channel.ts';
import { runParty, within } from '../drivers/run.ts';
import { difference } from '../drivers/traffic.ts';
import type { ModelHalf } from '../secureml/half.ts';
import { inputBytes } from '../secureml/asker.ts';
import type { ServerSide } from '../systems.ts';
import { meet } from './link.ts';
import { type Begin, bytesOf, type Dealing, readText } from './messages.ts';
import { admitted, type Answered, offerOf, type Served } from './owner.ts';
import type { SessionTools } from './tools.ts';

/** Where a server's part of the correlated randomness comes from. */
export interface ServerDealing {
  readonly source: Dealing;
  /** The seed of this server's shares of the weights' masks: 32 bytes. */
  readonly maskSeed: Uint8Array;
  /** What one link between the two servers takes from it. */
  link(): LinkDealing;
}

/** The randomness of one link. */
export interface LinkDealing {
  /** The first piece of its file that this server has not used; null without a file. */
  next(): number | null;
  /**
   * Writes off what one computation takes.
   * @param from server a: the piece that b has chosen; server b: the first that a has not used; null without a file
   */
  reserve(session: Uint8Array, batch: number, from: number | null): Promise<ReservedHalf>;
  /** Wipes what the link holds. */
  wipe(): void;
}

/** What was written off for one computation of a server. */
export interface ReservedHalf {
  readonly piece: number | null;
  /** Gives the randomness: from elsewhere, or by a party that both servers run. */
  readonly open: () => Promise<Correlations | Party<Correlations>>;
}

/** A half of a model that is served. */
export interface ServedHalf extends Omit<Served, 'side' | 'dealing'> {
  readonly half: ModelHalf;
  readonly dealing: ServerDealing;
  side(): ServerSide;
}

/** What is told of sessions. */
export interface ServerEvents {
  readonly onAnswered: (answered: Answered) => void;
  readonly onEnd: (error: CairnError | undefined) => void;
}

/** A computation between the two servers, for one asker. */
class Link {
  readonly channel: Channel;
  readonly #served: ServedHalf;
  readonly #tools: SessionTools;
  readonly #side: ServerSide;
  readonly dealing: LinkDealing;
  #prepared = false;

  constructor(channel: Channel, served: ServedHalf, tools: SessionTools) {
    this.channel = channel;
    this.#served = served;
    this.#tools = tools;
    this.#side = served.side();
    this.dealing = served.dealing.link();
  }

  /** Prepares a batch, tells the asker that it may send its input, and sends it this server's share of the answer. */
  async compute(
    asker: Channel,
    who: string,
    batch: number,
    left: number | null,
    reserved: ReservedHalf,
  ): Promise<Answered> {
    const tools = this.#tools;
    const link = this.channel;
    const begun = performance.now();
    const before = link.traffic;
    const opened = await reserved.open();
    const dealt = 'next' in opened ? await runParty(opened, link, tools) : opened;
    let input: Uint8Array | undefined;
    try {
      if (!this.#prepared) await runParty(this.#side.setup(), link, tools);
      this.#prepared = true;
      await runParty(this.#side.offline(batch, dealt), link, tools);
      const middle = performance.now();
      const between = link.traffic;
      asker.sendText(JSON.stringify({ kind: 'ready', left, piece: null }));
      input = await within(asker.receive(inputBytes(this.#served.half.plan, batch)), tools.timeoutMs);
      const share = await runParty(this.#side.online(input), link, tools);
      asker.send(share);
      await within(asker.drained(), tools.timeoutMs);
      return {
        ...{ who, batch, offlineMs: middle - begun, onlineMs: performance.now() - middle },
        ...{ offline: difference(between, before), online: difference(link.traffic, between) },
      };
    } finally {
      // Also if one of the others goes away in the middle.
      input?.fill(0);
      dealt.wipe();
    }
  }

  close(error?: CairnError): void {
    this.channel.close(error);
    this.#side.wipe();
    this.dealing.wipe();
  }
}

/**
 * Server a: answers one asker, and leads the computation with b over a separate connection.
 * @param dial opens a connection to server b
 */
export async function answerAsA(
  channel: Channel,
  served: ServedHalf,
  dial: () => Promise<Channel>,
  tools: SessionTools,
  events: ServerEvents,
): Promise<void> {
  const { random, idleMs, timeoutMs } = tools;
  const challenge = random(32);
  let link: Link | undefined;
  let error: CairnError | undefined;
  try {
    channel.sendText(JSON.stringify(offerOf(served, challenge, 'a')));
    for (;;) {
      const begin = readText('begin', await within(channel.receiveText(), idleMs));
      const { who, left } = await admitted(begin, served, challenge, tools);
      if (link === undefined) {
        link = new Link(await dial(), served, tools);
        await meet(link.channel, served.half, served.planHash, tools);
      }
      const { channel: peer, dealing } = link;
      const { session, batch } = begin;
      peer.sendText(JSON.stringify({ kind: 'run', session, batch, next: dealing.next() }));
      const { piece } = readText('go', await within(peer.receiveText(1000), timeoutMs));
      const reserved = await dealing.reserve(bytesOf(session), batch, piece);
      if (reserved.piece !== piece) {
        throw new CairnError('dealt-mismatch', `server b takes piece ${piece ?? 'none'}, and this one has used it`);
      }
      events.onAnswered(await link.compute(channel, who, batch, left, reserved));
    }
  } catch (thrown) {
    error = asCairnError(thrown);
    if (error.code === 'session-closed') error = undefined;
  } finally {
    channel.close(error);
    link?.close(error);
    events.onEnd(error);
  }
}

/** An asker that has begun at b, and waits for a to come. */
interface Arrived {
  readonly begin: Begin;
  readonly channel: Channel;
  readonly who: string;
  readonly left: number | null;
  /** Server a has come for it. */
  readonly taken: () => void;
  readonly done: () => void;
  readonly failed: (error: CairnError) => void;
}

/** Server b: its askers wait for server a, which leads. */
export class ServerB {
  readonly #served: ServedHalf;
  readonly #tools: SessionTools;
  readonly #events: ServerEvents;
  readonly #arrived = new Map<string, Arrived>();
  readonly #expected = new Map<string, (arrived: Arrived) => void>();

  constructor(served: ServedHalf, tools: SessionTools, events: ServerEvents) {
    this.#served = served;
    this.#tools = tools;
    this.#events = events;
  }

  /** Serves one asker. It never rejects. */
  async answer(channel: Channel): Promise<void> {
    const { random, idleMs } = this.#tools;
    const challenge = random(32);
    let error: CairnError | undefined;
    try {
      channel.sendText(JSON.stringify(offerOf(this.#served, challenge, 'b')));
      for (;;) {
        const begin = readText('begin', await within(channel.receiveText(), idleMs));
        const { who, left } = await admitted(begin, this.#served, challenge, this.#tools);
        const { session } = begin;
        if (this.#arrived.has(session))
          throw new CairnError('session-mismatch', 'another asker has begun this session');
        await this.#wait(channel, session, { begin, who, left });
      }
    } catch (thrown) {
      error = asCairnError(thrown);
      if (error.code === 'session-closed') error = undefined;
    } finally {
      channel.close(error);
      this.#events.onEnd(error);
    }
  }

  /** Waits for server a to come, as long as a message may take, and then for as long as the computation takes. */
  async #wait(channel: Channel, session: string, asked: Pick<Arrived, 'begin' | 'who' | 'left'>): Promise<void> {
    const { timeoutMs } = this.#tools;
    let taken = (): void => undefined;
    const came = new Promise<void>((resolve) => (taken = resolve));
    let arrived: Arrived | undefined;
    const computed = new Promise<void>((done, failed) => {
      arrived = { ...asked, channel, taken, done, failed };
      const expected = this.#expected.get(session);
      if (expected === undefined) this.#arrived.set(session, arrived);
      else expected(arrived);
    });
    const left = leaving(channel);
    try {
      await within(Promise.race([came, computed, left]), timeoutMs);
      await Promise.race([computed, left]);
    } finally {
      if (this.#arrived.get(session) === arrived) this.#arrived.delete(session);
    }
  }

  /** Serves one connection of server a. It never rejects. */
  async lead(peer: Channel): Promise<void> {
    const { idleMs } = this.#tools;
    let error: CairnError | undefined;
    const link = new Link(peer, this.#served, this.#tools);
    try {
      await meet(peer, this.#served.half, this.#served.planHash, this.#tools);
      for (;;) {
        const { session, batch, next } = readText('run', await within(peer.receiveText(1000), idleMs));
        const arrived = await this.#asker(session);
        arrived.taken();
        try {
          if (arrived.begin.batch !== batch) {
            throw new CairnError('session-mismatch', 'the asker has begun with another batch at the other server');
          }
          const reserved = await link.dealing.reserve(bytesOf(session), batch, next);
          peer.sendText(JSON.stringify({ kind: 'go', piece: reserved.piece }));
          this.#events.onAnswered(await link.compute(arrived.channel, arrived.who, batch, arrived.left, reserved));
          arrived.done();
        } catch (thrown) {
          arrived.failed(asCairnError(thrown));
          throw thrown;
        }
      }
    } catch (thrown) {
      error = asCairnError(thrown);
      if (error.code === 'session-closed') error = undefined;
    } finally {
      link.close(error);
      this.#events.onEnd(error);
    }
  }

  /** The asker of a session, which may come before server a or after it. */
  async #asker(session: string): Promise<Arrived> {
    const known = this.#arrived.get(session);
    if (known !== undefined) {
      this.#arrived.delete(session);
      return known;
    }
    const coming = new Promise<Arrived>((resolve) => this.#expected.set(session, resolve));
    try {
      return await within(coming, this.#tools.timeoutMs);
    } finally {
      this.#expected.delete(session);
    }
  }
}

/** Rejects when an asker leaves. */
async function leaving(channel: Channel): Promise<never> {
  await channel.ended();
  throw new CairnError('inference-ended', 'the asker left before its answer');
}
