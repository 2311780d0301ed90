import { Random } from '../../../training/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { unsafeSeededRandom } from '../../../protocol/crypto/seeded.ts';
import { memberId } from '../../../protocol/ids.ts';
import { createAggregator } from '../../engine/aggregator.ts';
import { norm } from '../../engine/sums.ts';
import { defineWorkerTask } from '../../laboratory/task.ts';
import { chooseUpload } from './local.ts';
import { changeOf, Contributors, type Simultaneous } from './overlap.ts';
import type { SecureRow } from './series.ts';
import { dense, type SparseUpdate } from './update.ts';

/** Bytes of one entry of a sparse upload in the open: an index and a value of 32 bits each. */
const ENTRY_BYTES = 8;

const INPUT_BITS = 16;

/** A round for {@link secureRound}. */
export interface SecureRound extends Simultaneous {
  /** 32 bytes from which keys, masks and rounding are drawn. */
  readonly entropy: Uint8Array;
}

/**
 * Sums the largest changes of everybody, for the first N and θ_u, in one round through the real sessions, each upload as
 * a dense vector with zeros, and looks for each participant's values in the sum: where it was alone, the sum is its
 * value, but for rounding.
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
