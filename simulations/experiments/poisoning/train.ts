import type { Dataset } from '../../../training/data/index.ts';
import { evaluate } from '../../../training/index.ts';
import { atOnce, createStrategy, HeldOut, learn } from '../../../learning/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { modelOf } from '../../engine/training.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { drawGroups } from './groups.ts';
import { PoisonedMembers, type MembersOptions } from './members.ts';
import { combined, type GroupSum, groupsOf, schemeOf, sumOf } from './round.ts';
import type { ScoreRow } from './series.ts';
import type { Training } from './trainings.ts';

/** Input of {@link train}. */
export interface TrainInput extends MembersOptions {
  readonly training: Training;
  readonly heldOut: Dataset;
  readonly test: Dataset;
  readonly first: Float32Array;
}

/** Refusals of a round that leave its model unchanged; anything else is a bug. */
const WITHOUT_MODEL: ReadonlySet<string> = new Set(['groups-missing', 'data-empty', 'update-not-finite']);

/** The model is the mean of its members': it keeps no state. */
const STRATEGY = createStrategy({ name: 'fedavg', learningRate: 1 });

/** What happened in the rounds so far. */
interface Tally {
  groups: number;
  poisoned: number;
  lost: number;
  rolledBack: number;
  failed: number;
}

/** One training from the first round to the last. */
class PoisonedTraining {
  readonly #input: TrainInput;
  readonly #signal: AbortSignal;
  readonly #members: PoisonedMembers;
  readonly #heldOut: HeldOut | undefined;
  readonly #tally: Tally = { groups: 0, poisoned: 0, lost: 0, rolledBack: 0, failed: 0 };
  #parameters: Float32Array;
  /** Number of the current model, used as its id. */
  #version = 0;

  constructor(input: TrainInput, signal: AbortSignal) {
    const { settings, training, heldOut, first } = input;
    this.#input = input;
    this.#signal = signal;
    this.#members = new PoisonedMembers(input);
    this.#parameters = first.slice();
    const check = { metric: 'loss', tolerance: settings.tolerance } as const;
    this.#heldOut = training.defence.rollback
      ? new HeldOut(training.id, check, (_, { flat }) => this.#evaluate(flat!, heldOut))
      : undefined;
  }

  async round(round: number): Promise<void> {
    const { settings, training, seed } = this.#input;
    const { defence } = training;
    const scheme = schemeOf(settings, defence.groups, this.#parameters.length);
    const groups = drawGroups(this.#members.all, { ...settings, groups: defence.groups, seed, round });
    if (round >= settings.begin) this.#count(groups);
    const random = new Seeds(nodePrimitives, 'poisoning', seed).randomOf(`sessions of round ${round}`);
    const sums: (GroupSum | undefined)[] = [];
    for (const group of groups) {
      const inputs = await this.#members.wordsOfGroup(group, round, this.#parameters, scheme, this.#signal);
      sums.push(sumOf(settings.aggregation, scheme, inputs, group.length, random));
    }
    try {
      const { next } = atOnce(
        learn(
          {
            name: `the model after round ${round}`,
            strategy: STRATEGY,
            flat: this.#parameters,
            state: {},
            into: new Float32Array(this.#parameters.length),
          },
          combined(groupsOf(settings, defence), scheme, sums),
          sums.length,
        ),
      );
      await this.#take(next.flat);
    } catch (thrown) {
      if (!(thrown instanceof CairnError && WITHOUT_MODEL.has(thrown.code))) throw thrown;
      this.#tally.failed++;
    }
  }

  async evaluate(round: number): Promise<ScoreRow> {
    const { training, test } = this.#input;
    const { id, defence, attack, attackers, repeat } = training;
    const { rule, groups, rollback } = defence;
    const { accuracy, loss } = await this.#evaluate(this.#parameters, test);
    const { poisoned, lost, rolledBack, failed } = this.#tally;
    return {
      training: id,
      defence: defence.name,
      rule,
      groups,
      rollback,
      attack,
      attackers,
      repeat,
      round,
      accuracy,
      loss: Number.isFinite(loss) ? loss : null,
      poisoned: poisoned / Math.max(1, this.#tally.groups),
      lost,
      rolledBack,
      failed,
    };
  }

  /** Accepts the next model, unless it is worse on held-out images. */
  async #take(next: Float32Array): Promise<void> {
    const standing = { hash: String(this.#version), tensors: { flat: this.#parameters } };
    const verdict = await this.#heldOut?.judge(standing, { flat: next }).catch((thrown: unknown) => {
      // An attacked model may exceed what float32 can evaluate. It is not accepted either.
      if (thrown instanceof CairnError && thrown.code === 'evaluation-not-finite') return undefined;
      throw thrown;
    });
    if (this.#heldOut !== undefined && (verdict === undefined || verdict.worse !== undefined)) {
      this.#tally.rolledBack++;
      return;
    }
    this.#parameters = next;
    this.#version++;
    if (verdict !== undefined) this.#heldOut?.adopted(String(this.#version), verdict.evaluation);
  }

  #count(groups: readonly (readonly MemberId[])[]): void {
    const poisoned = groups.filter((group) => group.some((member) => this.#members.attackers.has(member))).length;
    this.#tally.groups += groups.length;
    this.#tally.poisoned += poisoned;
    if (2 * poisoned >= groups.length) this.#tally.lost++;
  }

  #evaluate(parameters: Float32Array, data: Dataset): ReturnType<typeof evaluate> {
    return evaluate(modelOf(this.#input.settings.model), parameters, data, { signal: this.#signal });
  }
}

/** Runs a training, and returns its scores every few rounds and after the last. */
export const train = defineWorkerTask(
  import.meta.url,
  'train',
  async (input: TrainInput, signal: AbortSignal): Promise<ScoreRow[]> => {
    const { rounds, evaluateEvery } = input.settings;
    const training = new PoisonedTraining(input, signal);
    const rows: ScoreRow[] = [];
    for (let round = 1; round <= rounds; round++) {
      signal.throwIfAborted();
      await training.round(round);
      if (round % evaluateEvery === 0 || round === rounds) rows.push(await training.evaluate(round));
    }
    return rows;
  },
);
