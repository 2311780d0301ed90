import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** Edits up to which a misspelt word is taken for another. */
const NEAR = 3;

/** `; did you mean "cohort"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(word.toLowerCase(), [...known]);
  // Comparing without case finds `minCohort` for `mincohort`.
  const best = known.find((name) => name.toLowerCase() === word.toLowerCase()) ?? nearest;
  const near = distance(word.toLowerCase(), best.toLowerCase()) <= Math.min(NEAR, Math.ceil(word.length / 2));
  return near ? `; did you mean "${best}"?` : `; known are ${known.join(', ')}`;
}

/** An object that takes no other keys; unknown ones are reported, each with the key that was probably meant. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => `unknown key "${key}"${didYouMean(key, Object.keys(shape))}`).join('; ');
    },
  });
}
