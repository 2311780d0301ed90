import type { WitnessCheck } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { grouped, ms, table } from '../support/table.ts';
import type { WitnessesPlan } from './measure.ts';

export type { WitnessesPlan } from './measure.ts';

/**
 * Measures the check of the survivor set by witnesses, and prints it next to the check by neighbours that it replaced.
 */
export async function printWitnesses(plan: WitnessesPlan, { run, print, note }: Runner): Promise<WitnessCheck[]> {
  note('witnesses');
  const checks = await run('witnesses', plan);
  print(
    'The one survivor set of an active ring, γ = 0.25, δ = 0.1: the cost of its check for a client, and the request’s size;',
  );
  print('next to it the earlier check by t neighbours, who vouched only for their own part of the ring.\n');
  print(
    table(
      ['n', 'w', 'q', 'ms', 'bytes', 'neighbours', 'ms', 'bytes'],
      checks.map((check) => [
        ...[
          grouped(check.n),
          String(check.w),
          String(check.q),
          ms(check.drawMs + check.verifyMs),
          grouped(check.bytes),
        ],
        ...[String(check.neighbours), ms(check.neighboursMs), grouped(check.neighboursBytes)],
      ]),
    ),
  );
  print('');
  return checks;
}
