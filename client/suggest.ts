import { closest, distance } from 'fastest-levenshtein';

/** Edits up to which a key is taken for another, misspelt: two letters that changed places are two, of any length. */
const near = (word: string): number => (word.length < 6 ? 2 : 3);

/** `did you mean "epochs"?`, or what there is where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const lower = word.toLowerCase();
  // Comparing without case finds `minCohort` for `mincohort`.
  const nearest = known.find((name) => name.toLowerCase() === lower) ?? closest(lower, [...known]);
  return distance(lower, nearest.toLowerCase()) <= near(word)
    ? `did you mean "${nearest}"?`
    : `there are ${known.join(', ')}`;
}
