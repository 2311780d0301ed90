import { expect } from 'vitest';
import type { Participation, ParticipationEvent } from '../../../../client/index.ts';
import type { RoundReport } from '../../../../coordinator/index.ts';
import { memberId } from '../../../../protocol/ids.ts';
import { type Hall, membership, openHall } from '../../../coordinator/support/hall.ts';
import { Peer } from '../../../coordinator/support/peer.ts';
import type { Script, ScriptedClient } from '../../../coordinator/support/scripted-client.ts';
import { until } from '../../../coordinator/support/until.ts';
import { changeOf, joinHonestly, WHOLE_CLIP } from './honest.ts';

/** Parameters of the model. */
const SIZE = 6;

/** The hostile member comes first: shares of the first are the ones that secrets are opened from. */
export const HOSTILE = 1;

/** What every coordinate of a hostile client's honest update would be. */
const HOSTILE_UPDATE = 3;

interface SceneOptions {
  /** Members that run the shipped client: 2, 3, …. Default eight. */
  readonly honest?: number;
  /** How many make up a round. Default all honest members and a hostile one. */
  readonly cohort?: number;
  readonly task?: Readonly<Record<string, unknown>>;
  readonly change?: Parameters<typeof openHall>[1];
  readonly size?: number;
}

/** The shipped coordinator, and shipped clients beside whoever a test sends in. */
export class Scene {
  readonly hall: Hall;
  readonly size: number;
  /** What each honest member was told, by member. */
  readonly events = new Map<number, ParticipationEvent[]>();
  readonly #participations: Participation[] = [];
  readonly #begin: () => void;

  private constructor(hall: Hall, size: number, begin: () => void) {
    this.hall = hall;
    this.size = size;
    this.#begin = begin;
  }

  /** Starts the coordinator, and seats the honest members. No round begins before {@link begin}. */
  static async open({ honest = 8, cohort = honest + 1, task, change, size = SIZE }: SceneOptions = {}): Promise<Scene> {
    let begin: () => void = () => undefined;
    const shapes = { w: [size] };
    const hall = await openHall(
      {
        model: { tensors: shapes },
        ...{ cohort, quorum: cohort, minCohort: 3, inputBits: 16, clip: WHOLE_CLIP, maxExamples: 1, attempts: 5 },
        ...{ colluding: 0.12, dropout: 0.1 },
        ...task,
      },
      {
        initialModels: { toy: { tensors: { w: new Float32Array(size) }, shapes } },
        begin: new Promise((resolve) => (begin = resolve)),
        ...change,
      },
    );
    const members = Array.from({ length: honest }, (_, i) => HOSTILE + 1 + i);
    const scene = new Scene(hall, size, begin);
    await Promise.all(members.map((member) => scene.join(member)));
    return scene;
  }

  get url(): string {
    return this.hall.coordinator.url;
  }

  /** A hostile member with a seat: the protocol's own session, and a script that breaks its rules. */
  hostile(script: Script, member = HOSTILE): Promise<ScriptedClient> {
    return this.hall.join(member, { update: HOSTILE_UPDATE, examples: 1, ...script });
  }

  /** A connection of somebody who need not say Hello. */
  peer(): Peer {
    return new Peer(this.url);
  }

  /** Lets rounds begin. */
  begin(): this {
    this.#begin();
    return this;
  }

  /** The report of the first attempt that committed. */
  committed(): Promise<RoundReport> {
    return this.#report(({ outcome }) => outcome === 'committed');
  }

  /** The report of an attempt at the first round. */
  attempt(number: number): Promise<RoundReport> {
    return this.#report(({ attempt }) => attempt === number);
  }

  /**
   * The model is what the honest members that were told to be in, these hostile ones and nobody else have added, and
   * `lie` beside it; the mean is exact, so the sum comes out of it.
   */
  async expectExact(hostile: readonly number[], lie: readonly number[] = []): Promise<RoundReport> {
    const report = await this.committed();
    const honest = report.included - hostile.length;
    const told = (): number[] => [...this.events.keys()].filter((member) => this.#told(member));
    await until(() => told().length >= honest);
    const included = told();
    expect(included).toHaveLength(honest);
    const model = this.hall.coordinator.model('toy')!.w;
    model!.forEach((value, j) => {
      const sum = included.reduce((total, member) => total + changeOf(member, j), hostile.length * HOSTILE_UPDATE);
      expect(value * report.included).toBeCloseTo(sum + (lie[j] ?? 0), 2);
    });
    return report;
  }

  /** The coordinator still answers, had no fault, and lets everybody go. */
  async expectAlive(): Promise<void> {
    expect(this.hall.faults).toEqual([]);
    expect((await fetch(`${this.url}/readyz`)).status).toBe(200);
    await Promise.all(this.#participations.map((participation) => participation.leave()));
  }

  /** Seats one more honest member. */
  async join(member: number): Promise<void> {
    const events: ParticipationEvent[] = [];
    this.events.set(member, events);
    const participation = joinHonestly(this.url, {
      ...{ member, keys: membership.identities.get(memberId(member))!, shapes: { w: [this.size] } },
      authorityKey: membership.authority.publicKey,
      onEvent: (event) => void events.push(event),
    });
    // Who fails says so by an event, which the test then misses.
    participation.closed.catch(() => undefined);
    this.#participations.push(participation);
    await until(() => events.some(({ kind }) => kind === 'connected' || kind === 'failed'));
  }

  async #report(fits: (report: RoundReport) => boolean): Promise<RoundReport> {
    await until(() => this.hall.reports.some(fits));
    return this.hall.reports.find(fits)!;
  }

  #told(member: number): boolean {
    return this.events.get(member)!.some((event) => event.kind === 'committed' && event.included);
  }
}
