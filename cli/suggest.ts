import { distance } from 'fastest-levenshtein';

/** " — did you mean "…"?" for the nearest of the known words, or nothing where none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)
    .at(0);
  return nearest !== undefined && nearest.edits <= Math.max(2, Math.floor(word.length / 3))
    ? ` — did you mean "${nearest.candidate}"?`
    : '';
}
