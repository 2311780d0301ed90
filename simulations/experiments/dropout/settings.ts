import { z } from 'zod';
import { LIMITS } from '../../../protocol/wire/index.ts';
import { COLLECTING_STATES } from '../../../protocol/rounds/index.ts';

/** A value, or a list of values, each combined with every other option's. */
const sweep = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);

const clients = z.int().min(2).max(10_000);
const share = z.number().min(0).max(1);
const rate = z.number().min(0).lt(1);
const switched = z.enum(['auto', 'on', 'off']);

const dim = z.int().min(1).max(1_000_000);
const state = z.enum([...COLLECTING_STATES, 'any']);
const graph = z.enum(['auto', 'complete', 'ring']);
const adversary = z.enum(['curious', 'active']);
const furtherPoint = z.strictObject({ clients, dim, dropout: share, state, graph, adversary }).partial();

/** Parameters of the experiment `dropout`. */
export const parameters = z.object({
  clients: sweep(clients).default(100).describe('Members that are invited to a round; a list is swept'),
  dim: sweep(dim).default(10_000).describe('Model parameters; a list is swept'),
  dropout: sweep(share).default(0.3).describe('Share of members that drop out; a list is swept'),
  state: sweep(state)
    .default('masked-input')
    .describe('State before whose message they drop, or any: one for each member, all equally likely; a list is swept'),
  graph: sweep(graph)
    .default('auto')
    .describe(
      'Which members mask with each other; auto uses a ring from 64 members on if it has fewer neighbours; a list is swept',
    ),
  adversary: sweep(adversary)
    .default('curious')
    .describe('Class of the coordinator that the round is safe against; a list is swept'),
  also: z
    .array(furtherPoint)
    .default([])
    .describe('Further points in JSON: a list of {"clients": …}; omitted fields take the first value of the sweep'),
  colluding: rate.default(0.1).describe('Share of members that may collude with the coordinator (gamma)'),
  tolerated: rate.default(0.3).describe('Share of members that may drop, for which rings are sized (delta)'),
  threshold: z.int().min(0).max(LIMITS.members).default(0).describe('Shares that open a secret; 0 derives the number'),
  dropping: z
    .enum(['exact', 'independent'])
    .default('exact')
    .describe('Whether exactly that share drops, or each member independently with that probability'),
  repeats: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Rounds of each point; 0: more for small rounds, one for large ones'),
  inputBits: z.int().min(2).max(24).default(16).describe('Bits of one quantized coordinate'),
  faults: z.string().default('').describe('Further faults, as a script in JSON: a list of {"kind": …}'),
  odds: switched.default('auto').describe('Whether failures are counted over many small rounds; auto: with a sweep'),
  oddsRounds: z.int().min(1).max(100_000).default(60).describe('Rounds of each of those points'),
  oddsClients: z.int().min(4).max(200).default(16).describe('Members of those rounds'),
  churn: switched.default('auto').describe('Whether models are trained with and without churn; auto: with a sweep'),
  churnRate: share.default(0.3).describe('Probability with which a member drops, in each round of the training'),
  churnRounds: z.int().min(1).max(10_000).default(12).describe('Rounds of the training'),
  churnMembers: z.int().min(2).max(10_000).default(40).describe('Members that share the training images'),
  churnCohort: z.int().min(2).max(1000).default(20).describe('Members of one round of the training'),
  churnImages: z.int().min(100).max(60_000).default(8000).describe('MNIST images that members train on, in total'),
});

/** Settings of the experiment. */
export type DropoutSettings = z.output<typeof parameters>;

/** Dropout shares, from none to more than any threshold allows. */
const RATES = [0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8];

type Further = DropoutSettings['also'][number];

/** At one size, every state and class over all rates. */
const sweeps = (['curious', 'active'] as const).flatMap((adversary): Further[] =>
  (['share-keys', 'masked-input', 'consistency-check', 'unmasking', 'any'] as const)
    .filter((state) => adversary === 'active' || state !== 'consistency-check')
    .flatMap((state) =>
      (['complete', 'ring'] as const).flatMap((graph) =>
        RATES.map((dropout) => ({ clients: 100, dim: 1000, dropout, state, graph, adversary })),
      ),
    ),
);

/** What one thread can do in minutes: many members on the ring, and long vectors. */
const large: Further[] = [
  ...[2000, 5000, 10_000].map((clients): Further => ({ clients, dim: 100_000, dropout: 0.3, graph: 'ring' })),
  ...[0, 0.3].map((dropout): Further => ({ clients: 100, dim: 1_000_000, dropout, graph: 'complete' })),
  { clients: 1000, dim: 1_000_000, dropout: 0.3, graph: 'ring' },
];

/** A minute or two: the overall picture. */
export const quick: Partial<DropoutSettings> = {
  clients: [20, 100, 300],
  dim: 10_000,
  dropout: [0, 0.1, 0.3, 0.45, 0.55, 0.7],
  state: ['share-keys', 'masked-input', 'unmasking'],
  graph: 'auto',
  repeats: 1,
};

/** The paper's table with its sizes and drops, on its graph and on the ring; then up to 10 000 members and 10^6 parameters. */
export const paper: Partial<DropoutSettings> = {
  clients: [500, 1000],
  dim: 100_000,
  dropout: [0, 0.1, 0.3],
  state: 'masked-input',
  graph: ['complete', 'ring'],
  repeats: 1,
  also: [...sweeps, ...large],
  oddsRounds: 1000,
  oddsClients: 24,
  churnRounds: 60,
  churnMembers: 200,
  churnCohort: 40,
  churnImages: 60_000,
};
