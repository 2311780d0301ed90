import { minModulusBits, vectorLength } from '../../protocol/quantize/index.ts';
import { packedLength } from '../../protocol/kernels/index.ts';
import { virtualSettings } from '../../simulations/index.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import type { Traffic } from '../schema.ts';
import { paperBytes } from './paper.ts';
import type { RoundRow } from './row.ts';
import type { RoundShape } from './shape.ts';

const INPUT_BITS = 16;

/** The round run to measure traffic: of all messages only the masked input depends on d, and its length is known. */
export function trafficShape(n: number, graph: RoundShape['graph']): RoundShape {
  return { n, d: 1000, drop: 0, graph, realClients: 1, repeats: 1 };
}

/**
 * A client's bytes at d coordinates of 16 bits, from a measured round with fewer, compared with the paper's formula.
 */
export function trafficOf({ cost }: RoundRow, d: number): Traffic {
  const bits = minModulusBits(INPUT_BITS, cost.n);
  const packed = (dimension: number): number =>
    packedLength(vectorLength(virtualSettings(systemRandom, { dimension, maxCohort: cost.n })), bits);
  const bytesUp = cost.bytesUp - packed(cost.d) + packed(d);
  const bytes = bytesUp + cost.bytesDown;
  const paper = paperBytes(cost.n, d, bits);
  return {
    ...{
      n: cost.n,
      d,
      graph: cost.graph,
      k: cost.k,
      inputBits: INPUT_BITS,
      bytesUp,
      bytesDown: cost.bytesDown,
      paperBytes: paper,
    },
    ofPaper: bytes / paper,
    ofPlain: bytes / ((d * INPUT_BITS) / 8),
  };
}
