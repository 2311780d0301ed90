import type { RoundShape } from '../rounds/index.ts';
import type { Growth } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { ms, table } from '../support/table.ts';
import { fitPower } from './fit.ts';

/** The rounds that growth is estimated from: n at a fixed d, and d at a fixed n. */
export interface GrowthPlan {
  readonly n: { readonly values: readonly number[]; readonly d: number };
  readonly d: { readonly values: readonly number[]; readonly n: number };
  readonly drop: number;
  readonly realClients: number;
  readonly repeats: number;
}

/** Measures rounds of growing size, fits a power to each party's time, and prints the exponents. */
export async function printGrowth(plan: GrowthPlan, runner: Runner): Promise<Growth[]> {
  const fits: Growth[] = [];
  for (const graph of ['complete', 'ring'] as const) {
    for (const variable of ['n', 'd'] as const) fits.push(...(await measure(plan, graph, variable, runner)));
  }
  runner.print(`How time grows: ms ≈ factor · x^exponent, least squares on logarithms; ${100 * plan.drop} % dropped.`);
  runner.print(`In n at d = ${plan.n.d}, in d at n = ${plan.d.n}.\n`);
  runner.print(
    table(
      ['graph', 'party', 'in', 'exponent', 'r²', 'points'],
      fits.map(({ graph, party, in: variable, exponent, r2, points }) => [
        ...[graph, party, variable, exponent.toFixed(2), r2.toFixed(3)],
        points.map((point) => `${point.x}: ${ms(point.ms)}`).join(', '),
      ]),
    ),
  );
  runner.print('');
  return fits;
}

async function measure(
  { n, d, drop, realClients, repeats }: GrowthPlan,
  graph: 'complete' | 'ring',
  variable: 'n' | 'd',
  { run, note }: Runner,
): Promise<Growth[]> {
  const points = { client: [] as Growth['points'], server: [] as Growth['points'] };
  for (const x of variable === 'n' ? n.values : d.values) {
    note(`growth in ${variable}, ${graph}: ${x}`);
    const shape: RoundShape = {
      ...{ drop, graph, realClients, repeats },
      ...(variable === 'n' ? { n: x, d: n.d } : { n: d.n, d: x }),
    };
    const { cost } = await run('round', shape);
    if (!cost.exact) throw new Error(`a sum was not exact: ${JSON.stringify(shape)}`);
    points.client.push({ x, ms: cost.clientMs });
    points.server.push({ x, ms: cost.serverMs });
  }
  return (['client', 'server'] as const).map((party) => ({
    ...{ party, in: variable, graph },
    ...fitPower(points[party]),
    points: points[party],
  }));
}
