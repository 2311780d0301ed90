import type { Laboratory } from './experiment.ts';
import type { Row, Series } from './rows.ts';

/**
 * Records rows of a series that a run gives anew from its beginning: the first `known` of them are recorded already, by
 * the run that this one resumes, and are passed over.
 */
export function recorder<R extends Row>(
  lab: Pick<Laboratory<unknown>, 'results' | 'record'>,
  series: Series<R>,
  known = lab.results.rows(series).length,
): (row: R) => void {
  let again = known;
  return (row) => {
    if (again > 0) again--;
    else lab.record(series, row);
  };
}
