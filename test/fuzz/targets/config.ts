import type { JsonValue } from 'fast-check';
import { parseConfig } from '../../../coordinator/config/index.ts';
import { jsonTarget } from '../json-target.ts';
import type { Target } from '../target.ts';

const KEY = 'ab'.repeat(32);

/** Configurations that are taken, between them with every section. */
const good: readonly JsonValue[] = [
  {
    port: 0,
    directory: { file: 'members', authorityKey: KEY },
    tasks: [{ name: 'mnist', rounds: 3, cohort: 8, model: { tensors: { w: [2, 2] }, seed: 1 } }],
  },
  {
    ...{ host: '::1', publicUrls: ['https://example.org/cairn'], allowedOrigins: ['https://example.org'], workers: 1 },
    ...{ limits: { perAddress: 2, total: 500 }, logLevel: 'debug', reconnectGraceMs: 0 },
    tasks: [
      {
        ...{
          name: 'a',
          rounds: 1,
          cohort: 4,
          quorum: 4,
          quorumTimeout: 1,
          afterQuorumTimeout: 'run',
          overSelect: 0.5,
          minCohort: 3,
        },
        ...{ adversary: 'curious', unsafeOpenEnrolment: true, graph: 'complete', colluding: 0.1, dropout: 0.2 },
        ...{ threshold: 3, inputBits: 8, modulusBits: 20, clip: 1, maxExamples: 5, lossBound: 2, suite: 2 },
        ...{ strategy: { name: 'fedadam', beta1: 0.5 }, training: { epochs: [1, { deep: null }] }, pause: 1 },
        ...{ deadlines: { shareKeys: 3 }, retryPause: 0, attempts: 2, model: { file: 'm.safetensors' } },
      },
      { name: 'b', rounds: 1, cohort: 200, graph: 'ring', adversary: 'curious', unsafeOpenEnrolment: true },
    ],
  },
];

/** The coordinator's configuration. */
export const configTarget: Target = jsonTarget('coordinator-config', parseConfig, good);
