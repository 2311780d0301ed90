import { join as joinPath } from 'node:path';
import { consentInFile, join, type Participation } from '../../client/index.ts';
import { asCairnError, type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { repeatableApp } from './app.ts';
import { Line } from './line.ts';
import type { Scene } from './scene.ts';

/**
 * Refusals that a disturbance explains: what is fetched over a line that is cut is not there, and a round that was left
 * for it is offered again on the next connection.
 */
const EXPLAINED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unreachable', 'round-replayed']);

/** A member with the shipped client, over a line of its own, that is cut off, is slow, or dies and comes back. */
export class Member {
  /** Codes of refusals, which no disturbance explains. */
  readonly refusals: string[];
  readonly #scene: Scene;
  readonly #id: number;
  readonly #line: Line;
  #participation: Participation;
  #busy: Promise<void> = Promise.resolve();
  #over = false;

  private constructor(scene: Scene, id: number, line: Line, refusals: string[]) {
    this.#scene = scene;
    this.#id = id;
    this.#line = line;
    this.refusals = refusals;
    this.#participation = this.#join();
  }

  /** @param refusals - takes what clients refuse */
  static async join(scene: Scene, id: number, refusals: string[]): Promise<Member> {
    return new Member(scene, id, await Line.open(scene.lines[id - 1]!, scene.port), refusals);
  }

  cut(): void {
    this.#line.cut();
  }

  /** Nothing that it sends or is sent gets through for so long. */
  stall(ms: number): void {
    this.#then(() => this.#line.stall(ms));
  }

  /** It dies without a word, and comes back with its identity and the file of its rounds, and nothing else. */
  die(): void {
    this.#then(async () => {
      this.#line.dead = true;
      await this.#participation.leave();
      this.#line.dead = false;
      if (!this.#over) this.#participation = this.#join();
    });
  }

  async leave(): Promise<void> {
    this.#over = true;
    await this.#busy;
    this.#line.close();
    await this.#participation.leave();
  }

  #then(work: () => Promise<void>): void {
    this.#busy = this.#busy.then(work);
  }

  #join(): Participation {
    const { membership, folder, lines } = this.#scene;
    const participation = join(`http://127.0.0.1:${lines[this.#id - 1]}`, repeatableApp(this.#id), {
      identity: { member: this.#id, keys: membership.identities.get(memberId(this.#id))! },
      authorityKey: membership.authority.publicKey,
      consent: consentInFile(joinPath(folder, `member-${this.#id}.rounds`)),
      policy: { maxRoundsPerDay: 10_000 },
      connectTimeoutMs: 600_000,
      reconnectDelayMs: 50,
      leaveTimeoutMs: 1,
      onEvent: (event) => {
        if (event.kind === 'refused' && !EXPLAINED.has(event.code))
          this.refusals.push(`member ${this.#id}: ${event.code}: ${event.message}`);
      },
    });
    participation.closed.catch((thrown: unknown) => {
      if (!this.#over) this.refusals.push(`member ${this.#id} ended: ${asCairnError(thrown).message}`);
    });
    return participation;
  }
}
