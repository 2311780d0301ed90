import type { DropoutSettings } from './settings.ts';

/** Shares of members that drop, from none to more than any threshold allows. */
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

/** What one thread can still do in minutes: many members on the ring, and long vectors. */
const large: Further[] = [
  ...[2000, 5000, 10_000].map((clients): Further => ({ clients, dim: 100_000, dropout: 0.3, graph: 'ring' })),
  ...[0, 0.3].map((dropout): Further => ({ clients: 100, dim: 1_000_000, dropout, graph: 'complete' })),
  { clients: 1000, dim: 1_000_000, dropout: 0.3, graph: 'ring' },
];

/** A minute or two: the shape of it all. */
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
