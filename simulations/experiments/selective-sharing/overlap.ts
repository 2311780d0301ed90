import { type Dataset, subset } from '../../../training/data/index.ts';
import { Random } from '../../../training/index.ts';
import { defineWorkerTask } from '../../laboratory/task.ts';
import { buildNetwork, type NetworkKind } from '../../models/networks.ts';
import { chooseUpload, seedFor, trainEpoch, type LocalSettings } from './local.ts';
import type { OverlapRow } from './series.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import type { SparseUpdate } from './update.ts';

/** Who touches which coordinates when everybody trains at once, on the same parameters. */
export interface Simultaneous {
  readonly model: NetworkKind;
  readonly train: Dataset;
  /** The images of each participant, as many as the largest N. */
  readonly shards: readonly Uint32Array[];
  readonly settings: LocalSettings & Pick<SelectiveSharingSettings, 'tau' | 'gamma'>;
  readonly parameters: Float32Array;
  readonly seed: number;
  /** Numbers N of participants to count for. */
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

/** Counts, coordinate by coordinate, who uploaded it. */
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

  /** Whether a coordinate came from one participant alone. */
  isAlone(index: number): boolean {
    return this.#counts[index] === 1;
  }

  /** What the counts say, as columns of a row. */
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

/** Counts contributors for each N, θ_u and selection, after one epoch of everybody on the same parameters. */
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
