import { decodeHeader, encodeHeader, type Header } from '../../../inference/dealer/format.ts';
import {
  decodeCorrections,
  decodeDealingRequest,
  type DealingRequest,
  encodeCorrections,
  encodeDealingRequest,
} from '../../../protocol/mpc/dealer/index.ts';
import { bytesTarget } from '../bytes-target.ts';
import type { Target } from '../target.ts';

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

const requests: readonly DealingRequest[] = [
  {
    session: filled(16, 1),
    side: 'seeded',
    plan: filled(40, 2),
    batch: 1,
    seed: filled(32, 3),
    maskSeed: undefined,
  },
  {
    session: filled(16, 1),
    side: 'corrected',
    plan: filled(3, 2),
    batch: 128,
    seed: filled(32, 4),
    maskSeed: filled(32, 5),
  },
];

const headers: readonly Header[] = [
  {
    side: 'seeded',
    plan: filled(32, 1),
    pair: filled(16, 2),
    batch: 1,
    count: 9,
    corrections: 0,
    maskSeed: undefined,
  },
  {
    side: 'corrected',
    plan: filled(32, 1),
    pair: filled(16, 2),
    batch: 8,
    count: 1000,
    corrections: 4096,
    maskSeed: filled(32, 3),
  },
];

const demands = [{ kind: 'and', rows: 2, lanes: 24 }] as const;

/** What a dealer reads from the sides, what they read from it, and the head of a dealer’s file. */
export const dealerTargets: readonly Target[] = [
  bytesTarget('dealer-request', 2, () => ({
    samples: requests.map(encodeDealingRequest),
    decode: decodeDealingRequest,
    encode: encodeDealingRequest,
  })),
  bytesTarget('dealer-corrections', 1, () => ({
    samples: [encodeCorrections(filled(16, 1), filled(6, 7))],
    decode: (bytes) => decodeCorrections(bytes, filled(16, 1), demands),
    encode: (corrections) => encodeCorrections(filled(16, 1), corrections),
  })),
  bytesTarget('dealer-file', 1, () => ({
    samples: headers.map(encodeHeader),
    decode: (bytes) => decodeHeader(bytes, 'FILE'),
    encode: encodeHeader,
  })),
];
