/** Ascending ids as text, with runs merged: `1-40,42,57-90`. A sum of thousands takes little space if ids are dense. */
export function rangesText(ids: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < ids.length;) {
    let end = start;
    while (end + 1 < ids.length && ids[end + 1] === ids[end]! + 1) end++;
    parts.push(start === end ? String(ids[start]) : `${ids[start]}-${ids[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}

/**
 * Reads what {@link rangesText} writes, into at most `most` ids.
 * @returns undefined for any other text: ids must ascend, and be 32-bit unsigned numbers
 */
export function idsFromRanges(text: string, most: number): number[] | undefined {
  const ids: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = match.at(2) === undefined ? first : Number(match[2]);
    const above = ids.at(-1) ?? -1;
    if (first <= above || last < first || last > 0xffff_ffff || ids.length + (last - first) >= most) return undefined;
    for (let id = first; id <= last; id++) ids.push(id);
  }
  return ids;
}
