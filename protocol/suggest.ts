/** Options that were renamed: old name to new name. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['leastThreshold', 'minThreshold'],
  ['mostEpsilon', 'maxEpsilon'],
  ['mostRoundsPerDay', 'maxRoundsPerDay'],
  ['leastNoise', 'minNoise'],
  ['leastDifference', 'minCohortDifference'],
  ['least', 'minSums'],
  ['check', 'validation'],
  ['benchAttempts', 'exclusionAttempts'],
  ['benchMinutes', 'exclusionMinutes'],
]);

/** Options that were moved: old name to new place. */
const MOVED: ReadonlyMap<string, string> = new Map([
  ['connections', 'limits.total'],
  ['connectionsPerAddress', 'limits.perAddress'],
]);

const follows = (place: string): string => `it was removed, since it follows from "${place}": delete it, or set that`;
const CONSTANT = 'it was removed, since it is the same for every coordinator: delete it';

/** Removed options, and why a file can do without them. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ['leastSurvivors', follows('minCohort')],
  ['uploads', CONSTANT],
  ['helloTimeoutMs', CONSTANT],
  ['seatsPerMinute', CONSTANT],
  ['roundsOfMessages', CONSTANT],
  ['ipv6Prefix', CONSTANT],
  ['strangers', follows('limits.total')],
  ['maxUnauthenticated', follows('limits.total')],
  ['connectsPerMinute', follows('limits.perAddress')],
  ['requestsPerMinute', follows('limits.perAddress')],
  ['downloadsPerMinute', follows('limits.perAddress')],
  ['repeatDifference', 'it was removed, since a client signs one set of members for a model: delete it'],
]);

/**
 * A clause about an unknown word: its new name or place, if it is an option that was renamed or moved; why it was
 * removed; the known word that was probably meant; or all known words.
 * @returns a clause without a full stop, such as `did you mean "epochs"?`
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const renamed = RENAMED.get(word);
  if (renamed !== undefined && known.includes(renamed)) return `it is now called "${renamed}"`;
  const moved = MOVED.get(word);
  if (moved !== undefined) return `it is now "${moved}"`;
  const removed = REMOVED.get(word);
  if (removed !== undefined) return removed;
  const nearest = nearestWord(word, known);
  return nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
}

/** The known word that a misspelt one was probably meant to be; undefined if none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  let nearest: string | undefined;
  // Two transposed letters count as two edits, whatever the length of the word.
  let near = (word.length < 6 ? 2 : 3) + 1;
  for (const candidate of known) {
    // A case-insensitive comparison finds `minCohort` for `mincohort`.
    const edits = editDistance(lower, candidate.toLowerCase());
    if (edits < near) [nearest, near] = [candidate, edits];
  }
  return nearest;
}

/** Levenshtein distance: how many letters must be inserted, deleted or replaced. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
