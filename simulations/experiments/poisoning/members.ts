import { type Dataset, dirichletShards, iidShards } from '../../../training/data/index.ts';
import { encodeUpdate, type LocalResult, type QuantizationScheme } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { firstMembers } from '../../engine/members.ts';
import { trainUnlessDiverging } from '../../engine/training.ts';
import { Random } from '../../../training/index.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { attackersOf, attackerUpdate, unclippedWords } from './attackers.ts';
import type { PoisoningSettings } from './settings.ts';
import type { Training } from './trainings.ts';

/** Options of a training's members. */
export interface MembersOptions {
  readonly settings: PoisoningSettings;
  readonly training: Pick<Training, 'attack' | 'attackers'>;
  readonly train: Dataset;
  /** Seed of shards, attackers and shuffles. */
  readonly seed: number;
}

/** The members of a training, honest and attacking. */
export class PoisonedMembers {
  readonly all: readonly MemberId[];
  readonly attackers: ReadonlySet<MemberId>;
  readonly #options: MembersOptions;
  readonly #shards: readonly (readonly number[])[];
  readonly #flipped: Dataset;

  constructor(options: MembersOptions) {
    const { settings, training, train, seed } = options;
    this.#options = options;
    this.all = firstMembers(settings.members);
    this.attackers = attackersOf(this.all, training.attackers, seed);
    const labels = train.labels.subarray(0, settings.members * settings.images);
    this.#shards =
      settings.alpha === 0
        ? iidShards(labels, settings.members, seed)
        : dirichletShards(labels, settings.members, settings.alpha, seed);
    this.#flipped = { ...train, labels: train.labels.map((label) => train.classes - 1 - label) };
  }

  /**
   * The words that a member masks in a round that starts from these parameters; undefined for one whose training
   * diverges, as it may from a ruined model: it is then not in the round.
   */
  async #words(
    member: MemberId,
    round: number,
    parameters: Float32Array,
    scheme: QuantizationScheme,
    signal: AbortSignal,
  ): Promise<Uint32Array | undefined> {
    const { settings, training, seed } = this.#options;
    const attack = round >= settings.begin && this.attackers.has(member) ? training.attack : 'none';
    const own = new Random(seed, `round ${round} member ${member}`).next();
    const local = await this.#train(member, attack === 'label-flip', parameters, own, signal);
    if (local === undefined) return undefined;
    const random = new Seeds(nodePrimitives, 'poisoning', seed).randomOf(`rounding of ${member} in ${round}`);
    const update = attackerUpdate(attack, local, settings, own);
    return update === undefined
      ? encodeUpdate(scheme, local, random).values
      : unclippedWords(scheme, local, update, random);
  }

  /** The words of the group's members that are in its round. */
  async wordsOfGroup(
    group: readonly MemberId[],
    round: number,
    parameters: Float32Array,
    scheme: QuantizationScheme,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<MemberId, Uint32Array>> {
    const inputs = new Map<MemberId, Uint32Array>();
    for (const member of group) {
      const words = await this.#words(member, round, parameters, scheme, signal);
      if (words !== undefined) inputs.set(member, words);
    }
    return inputs;
  }

  #train(
    member: MemberId,
    flipped: boolean,
    parameters: Float32Array,
    seed: number,
    signal: AbortSignal,
  ): Promise<LocalResult | undefined> {
    const { model, localEpochs: epochs, batchSize, learningRate } = this.#options.settings;
    const data = flipped ? this.#flipped : this.#options.train;
    const indices = this.#shards[member - 1]!;
    return trainUnlessDiverging({ model, epochs, batchSize, learningRate, parameters, data, indices, seed }, signal);
  }
}
