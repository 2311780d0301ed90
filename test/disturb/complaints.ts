import type { Training } from './train.ts';

/** What is wrong with a disturbed training, beside one in peace. */
export function complaintsOf(
  peaceful: Pick<Training, 'rounds' | 'last' | 'models' | 'refusals'>,
  disturbed: Pick<Training, 'rounds' | 'last' | 'models' | 'refusals'>,
  rounds: number,
): string[] {
  const complaints: string[] = [];
  if (peaceful.rounds !== rounds || disturbed.rounds !== rounds) {
    complaints.push(`${peaceful.rounds} and ${disturbed.rounds} of ${rounds} rounds committed`);
  }
  if (peaceful.last !== disturbed.last) complaints.push(`the last models differ: ${peaceful.last}, ${disturbed.last}`);
  const other = [...disturbed.models].filter(([round, hash]) => peaceful.models.get(round) !== hash);
  if (other.length > 0) complaints.push(`models differ after rounds ${other.map(([round]) => round).join(', ')}`);
  const refusals = [...peaceful.refusals, ...disturbed.refusals];
  return [...complaints, ...refusals.map((refusal) => `refused: ${refusal}`)];
}
