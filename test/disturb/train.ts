import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoundReport } from '../../coordinator/index.ts';
import { type Chance, chanceOf } from '../soak/chance.ts';
import { Coordinator } from './coordinator.ts';
import { Member } from './member.ts';
import type { Options } from './options.ts';
import { DEADLINE, type Scene } from './scene.ts';

/** What may happen at a step of a round, and how often. */
const DISTURBANCES = {
  /** A member's line is cut; its client comes back by itself. */
  'line-cut': 6,
  /** A member's client dies, and another begins with the same identity and memory. */
  'client-died': 5,
  /** Nothing of a member gets through until it has missed a deadline. */
  'member-slow': 2,
  'coordinator-killed': 3,
  'coordinator-stopped': 2,
} as const;

/** What may happen at a step of a round. */
type Disturbance = keyof typeof DISTURBANCES;

/** What a training came to. */
export interface Training {
  /** Hash of the model after each round, as far as it was reported: a coordinator that is killed may not come to it. */
  readonly models: ReadonlyMap<number, string>;
  /** Hash of the last model, by the coordinator's own record. */
  readonly last: string;
  readonly rounds: number;
  readonly attempts: number;
  /** Rounds that committed at another attempt than the first of a coordinator's life. */
  readonly repeated: number;
  readonly steps: number;
  /** What was disturbed in which state, and how often. */
  readonly disturbed: ReadonlyMap<Disturbance, ReadonlyMap<string, number>>;
  /** What clients refused. */
  readonly refusals: readonly string[];
}

function chosen(chance: Chance): Disturbance {
  const all = Object.entries(DISTURBANCES) as [Disturbance, number][];
  let left = chance() * all.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of all) if ((left -= weight) < 0) return name;
  return all[0]![0];
}

/**
 * Trains to the end, and disturbs what goes on by chance: each state that a round enters is a step.
 * @param share - percent of the steps that are disturbed
 * @throws Error where the coordinator gives up
 */
export async function train(scene: Scene, { seed, members: count }: Options, share: number): Promise<Training> {
  const chance = chanceOf(seed, 'disturbances');
  const models = new Map<number, string>();
  const disturbed = new Map<Disturbance, Map<string, number>>();
  const refusals: string[] = [];
  const members: Member[] = [];
  const counts = { steps: 0, attempts: 0, repeated: 0 };
  /** The one restart at a time. */
  let restart: Promise<void> | undefined;

  const disturb = (state: string): void => {
    const what = chosen(chance);
    const member = members[Math.floor(chance() * members.length)]!;
    if (what.startsWith('coordinator') && restart !== undefined) return;
    const states = disturbed.get(what) ?? new Map<string, number>();
    disturbed.set(what, states.set(state, (states.get(state) ?? 0) + 1));
    if (what === 'line-cut') member.cut();
    else if (what === 'client-died') member.die();
    else if (what === 'member-slow') member.stall(1000 * (DEADLINE + 0.5));
    else {
      restart = coordinator.again(what === 'coordinator-killed' ? 'SIGKILL' : 'SIGINT').then(() => {
        restart = undefined;
      });
    }
  };
  const coordinator = new Coordinator(scene.config, {
    state: (state) => {
      counts.steps++;
      if (100 * chance() < share) setTimeout(() => disturb(state), 20 * chance());
    },
    report: ({ round, outcome, attempt, modelHash }: RoundReport) => {
      counts.attempts++;
      if (outcome !== 'committed') return;
      models.set(round, modelHash);
      if (attempt > 1) counts.repeated++;
    },
  });
  try {
    await coordinator.listens;
    for (let id = 1; id <= count; id++) members.push(await Member.join(scene, id, refusals));
    for (;;) {
      const code = await coordinator.ended;
      if (restart === undefined) {
        if (code !== 0) throw new Error(`the coordinator ended with ${code}:\n${coordinator.log}`);
        break;
      }
      await restart;
    }
  } finally {
    coordinator.kill();
    await Promise.all(members.map((member) => member.leave()));
  }
  const record = JSON.parse(await readFile(join(scene.folder, 'data', 'tasks', 'disturbed.json'), 'utf8')) as {
    readonly round: number;
    readonly modelHash: string;
  };
  return { ...counts, models, last: record.modelHash, rounds: record.round, disturbed, refusals };
}
