import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { Correlations } from '../../protocol/mpc/dealer/index.ts';
import type { Words } from '../../protocol/mpc/sharing/index.ts';
import type { Channel, Traffic } from '../drivers/channel.ts';
import { runParty, within } from '../drivers/run.ts';
import { difference } from '../drivers/traffic.ts';
import type { Plan } from '../plan/types.ts';
import type { Answer, AskerSide } from '../systems.ts';
import { type Dealing, readText, textOf } from './messages.ts';
import { type AskerIdentity, expectRole, type Offered, readOffer, signed } from './offered.ts';
import type { SessionTools } from './tools.ts';

/** What the asker itself brings to a session. */
export interface AskerOptions {
  /** The server's address as the user typed it, canonical. */
  readonly address: string;
  readonly identity?: AskerIdentity;
  /** Makes the asker's side for a plan. @throws CairnError `plan-mismatch` for a plan of another kind of system */
  readonly side: (plan: Plan) => AskerSide;
  readonly dealing: AskerDealing;
  readonly tools: SessionTools;
  /**
   * Called before each computation, when the owner has allowed it and nothing of the input has been used yet.
   * @param left rows that may still be asked for after these; undefined if nothing bounds it
   */
  readonly onReady?: (left: number | undefined) => void;
}

/** The asker's part of the dealt randomness. */
export interface AskerDealing {
  /**
   * The first piece of its file that was not used, to be told to the owner; null without a file.
   * @throws CairnError `dealt-mismatch` if the owner has the file of another pair, or there should be one and is none
   */
  readonly next: (source: Dealing) => number | null;
  readonly take: (request: DealRequest) => Promise<Correlations>;
}

/** What randomness is needed for one computation. */
interface DealRequest {
  /** 16 bytes, the same for the owner. */
  readonly session: Uint8Array;
  readonly plan: Plan;
  readonly batch: number;
  /** The piece of a file, if it is one. */
  readonly piece: number | null;
}

/** A session with those that answer: one owner, or two servers. */
export interface Asking {
  readonly offered: Offered;
  /** See {@link Asker.ask}. */
  ask(inputs: Words, batch: number): Promise<Prediction>;
  close(): void;
}

/** An answer and what it took. */
export interface Prediction extends Answer {
  readonly offlineMs: number;
  readonly onlineMs: number;
  readonly offline: Traffic;
  readonly online: Traffic;
  /** Rows that may still be asked for; undefined if nothing bounds it. */
  readonly left: number | undefined;
}

/** A session with the server of a model, from the side of who asks. */
export class Asker implements Asking {
  readonly offered: Offered;
  readonly #channel: Channel;
  readonly #options: AskerOptions;
  readonly #challenge: Uint8Array;
  readonly #side: AskerSide;
  #prepared = false;

  private constructor(channel: Channel, options: AskerOptions, offered: Offered, challenge: Uint8Array) {
    this.#channel = channel;
    this.#options = options;
    this.offered = offered;
    this.#challenge = challenge;
    this.#side = options.side(offered.plan);
  }

  /**
   * Reads and checks what the server offers.
   * @throws CairnError of decodePlan and of the channel, `peer-silent`, `wire-not-canonical`
   */
  static async open(channel: Channel, options: AskerOptions): Promise<Asker> {
    try {
      const { offered, challenge, role } = await readOffer(channel, options.identity, options.tools);
      expectRole(offered, role, 'owner');
      return new Asker(channel, options, offered, challenge);
    } catch (thrown) {
      const error = asCairnError(thrown);
      channel.close(error);
      throw error;
    }
  }

  /**
   * Asks for the classes of some rows.
   * @param inputs batch × inputs ring elements
   * @throws CairnError `batch-too-large`, and whatever ends the session on either side; then nothing was learnt, and what
   * was dealt for it is spent
   */
  async ask(inputs: Words, batch: number): Promise<Prediction> {
    const { plan, maxBatch } = this.offered;
    if (batch > maxBatch) {
      throw new CairnError('batch-too-large', `${batch} rows are too many at once: the server takes ${maxBatch}`);
    }
    try {
      return await this.#compute(inputs, batch, plan);
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.#channel.close(error);
      throw error;
    }
  }

  /** Leaves. */
  close(): void {
    this.#channel.close();
    this.#side.wipe();
  }

  async #compute(inputs: Words, batch: number, plan: Plan): Promise<Prediction> {
    const { tools, dealing } = this.#options;
    const channel = this.#channel;
    const session = tools.random(16);
    const begin = {
      ...{ kind: 'begin', planHash: textOf(this.offered.planHash), session: textOf(session), batch },
      identity: signed(tools.primitives, this.#options, this.offered, this.#challenge),
      next: dealing.next(this.offered.dealing),
    };
    const begun = performance.now();
    const before = channel.traffic;
    channel.sendText(JSON.stringify(begin));
    const { left, piece } = readText('ready', await within(channel.receiveText(), tools.timeoutMs));
    this.#options.onReady?.(left ?? undefined);
    const dealt = await dealing.take({ session, plan, batch, piece });
    try {
      if (!this.#prepared) await runParty(this.#side.setup(), channel, tools);
      this.#prepared = true;
      await runParty(this.#side.offline(batch, dealt), channel, tools);
      const middle = performance.now();
      const between = channel.traffic;
      const answer = await runParty(this.#side.online(inputs), channel, tools);
      return {
        ...answer,
        ...{ offlineMs: middle - begun, onlineMs: performance.now() - middle, left: left ?? undefined },
        ...{ offline: difference(between, before), online: difference(channel.traffic, between) },
      };
    } finally {
      // Also if it ends before anything was prepared with it.
      dealt.wipe();
    }
  }
}
