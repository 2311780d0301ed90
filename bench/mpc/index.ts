import type { BlockSpeed } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { table } from '../support/table.ts';
import type { MpcPlan } from './measure.ts';

export type { MpcPlan } from './measure.ts';

/** Measures the building blocks of private inference, and prints them. */
export async function printMpc(plan: MpcPlan, { run, print, note }: Runner): Promise<BlockSpeed[]> {
  note('building blocks of private inference');
  const speeds = await run('mpc', plan);
  print('Building blocks of private inference, one thread, medians; sides alone unless said otherwise.\n');
  print(
    table(
      ['block', 'per second', 'unit'],
      speeds.map(({ name, perSecond, unit }) => [name, scaled(perSecond), unit]),
    ),
  );
  print('');
  return speeds;
}

/** Three digits, in thousands, millions or milliards. */
function scaled(speed: number): string {
  for (const [factor, suffix] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const) {
    if (speed >= factor) return `${(speed / factor).toPrecision(3)}${suffix}`;
  }
  return speed.toPrecision(3);
}
