import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { unsafeSeededRandom } from '../../../protocol/crypto/index.ts';
import { memberId } from '../../../protocol/ids.ts';
import { type Dataset, subset } from '../../../training/data/index.ts';
import { Random } from '../../../training/index.ts';
import { createAggregator } from '../../engine/aggregator.ts';
import { norm } from '../../engine/sums.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { buildNetwork, type NetworkKind } from '../../models/networks.ts';
import { chooseUpload, type LocalSettings, seedFor, trainEpoch } from './local.ts';
import { dense, type SparseUpdate } from './selection.ts';
import type { OverlapRow, SecureRow } from './results.ts';
import type { SelectiveSharingSettings } from './settings.ts';

/** Which participants touch which coordinates when all train at once, on the same parameters. */
export interface Simultaneous {
  readonly model: NetworkKind;
  readonly train: Dataset;
  /** The images of each participant, as many as the largest N. */
  readonly shards: readonly Uint32Array[];
  readonly settings: LocalSettings & Pick<SelectiveSharingSettings, 'tau' | 'gamma'>;
  readonly parameters: Float32Array;
  readonly seed: number;
  /** Numbers N of participants for which to count. */
  readonly participants: readonly number[];
  readonly thetaUpload: readonly number[];
}

/** What one participant's data changes about the parameters in an epoch. */
export async function changeOf(
  { model, train, shards, settings, parameters, seed }: Simultaneous,
  participant: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const after = parameters.slice();
  const own = subset(train, shards[participant]!);
  await trainEpoch(
    buildNetwork('mnist', model),
    after,
    own,
    settings,
    seedFor(seed, `simultaneous ${participant}`),
    signal,
  );
  return after.map((value, j) => value - parameters[j]!);
}

/** Counts each coordinate's uploaders. */
export class Contributors {
  readonly #counts: Uint16Array;
  #uploads = 0;
  #values = 0;

  constructor(size: number) {
    this.#counts = new Uint16Array(size);
  }

  add({ indices }: SparseUpdate): void {
    for (const index of indices) this.#counts[index]!++;
    this.#uploads++;
    this.#values += indices.length;
  }

  /** Whether a coordinate came from only one participant. */
  isAlone(index: number): boolean {
    return this.#counts[index] === 1;
  }

  /** The counts as columns of a row. */
  tally(): Omit<OverlapRow, 'round' | 'selection' | 'participants' | 'thetaUpload'> {
    let [one, two, threeToNine, tenOrMore] = [0, 0, 0, 0];
    for (const count of this.#counts) {
      if (count === 1) one++;
      else if (count === 2) two++;
      else if (count > 9) tenOrMore++;
      else if (count > 0) threeToNine++;
    }
    return {
      uploaded: this.#values / this.#uploads,
      touched: one + two + threeToNine + tenOrMore,
      one,
      two,
      threeToNine,
      tenOrMore,
      revealedShare: this.#values === 0 ? 0 : one / this.#values,
    };
  }
}

/** Counts contributors for each N, θ_u and selection, after one epoch of all participants on the same parameters. */
export const overlap = defineWorkerTask(
  import.meta.url,
  'overlap',
  async (input: Simultaneous, signal): Promise<Omit<OverlapRow, 'round'>[]> => {
    const { settings, participants, thetaUpload, parameters, seed } = input;
    const cases = (['largest', 'random'] as const).flatMap((selection) =>
      thetaUpload.map((theta) => ({
        selection,
        thetaUpload: theta,
        contributors: new Contributors(parameters.length),
      })),
    );
    const rows: Omit<OverlapRow, 'round'>[] = [];
    for (let participant = 0; participant < Math.max(...participants); participant++) {
      signal.throwIfAborted();
      const change = await changeOf(input, participant, signal);
      for (const { selection, thetaUpload: theta, contributors } of cases) {
        const random = new Random(seed, `simultaneous ${participant} ${selection} ${theta}`);
        const sharing = { ...settings, selection, thetaUpload: theta, epsilon: null };
        contributors.add(chooseUpload(change, sharing, random));
        if (participants.includes(participant + 1))
          rows.push({ selection, participants: participant + 1, thetaUpload: theta, ...contributors.tally() });
      }
    }
    return rows;
  },
);

/** Bytes of one entry of a sparse upload in the open: an index and a value of 32 bits each. */
const ENTRY_BYTES = 8;

const INPUT_BITS = 16;

/** A round for {@link secureRound}. */
interface SecureRound extends Simultaneous {
  /** 32 bytes from which keys, masks and rounding are drawn. */
  readonly entropy: Uint8Array;
}

/**
 * Sums the largest changes of all participants, for the first N and θ_u, in one round through the real sessions, each
 * upload as a dense vector with zeros, and looks for each participant's values in the sum: where it was alone, the sum
 * is its value, except for rounding.
 */
export const secureRound = defineWorkerTask(
  import.meta.url,
  'secureRound',
  async (input: SecureRound, signal): Promise<SecureRow> => {
    const { settings, parameters, seed, entropy } = input;
    const participants = input.participants[0]!;
    const thetaUpload = input.thetaUpload[0]!;
    const dimension = parameters.length;
    const contributors = new Contributors(dimension);
    const uploads: SparseUpdate[] = [];
    for (let participant = 0; participant < participants; participant++) {
      const change = await changeOf(input, participant, signal);
      const sharing = { ...settings, selection: 'largest', thetaUpload, epsilon: null } as const;
      const update = chooseUpload(change, sharing, new Random(seed));
      uploads.push(update);
      contributors.add(update);
    }
    const updates = new Map(uploads.map((update, i) => [memberId(i + 1), dense(update, dimension)]));
    const clip = Math.max(...[...updates.values()].map(norm));
    const aggregator = createAggregator({
      mode: 'secure',
      primitives: nodePrimitives,
      random: unsafeSeededRandom(entropy),
      dimension,
      // A little more than the longest, so that none is scaled.
      clip: clip * 1.001,
      settings: { inputBits: INPUT_BITS, task: 'selective-sharing' },
    });
    const { sum, bytesUp } = aggregator.sum(updates);
    const allowedError = (participants * 2 * clip * 1.001) / (2 ** INPUT_BITS - 1);
    let revealed = 0;
    let confirmed = 0;
    let maxError = 0;
    let entries = 0;
    for (const { indices, values } of uploads) {
      entries += indices.length;
      for (let i = 0; i < indices.length; i++) {
        if (!contributors.isAlone(indices[i]!)) continue;
        const error = Math.abs(sum[indices[i]!]! - values[i]!);
        revealed++;
        if (error <= allowedError) confirmed++;
        maxError = Math.max(maxError, error);
      }
    }
    return {
      participants,
      thetaUpload,
      revealed,
      confirmed,
      maxError,
      allowedError,
      sparseBytes: (ENTRY_BYTES * entries) / participants,
      secureBytes: bytesUp / participants,
    };
  },
);
