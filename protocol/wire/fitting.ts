/**
 * The longest prefix of a string that fits its field. A character cut in two is sent as U+FFFD.
 * @param most bytes of UTF-8 that the field holds
 */
export function fitting(text: string, most: number): string {
  const encoder = new TextEncoder();
  // Every character takes at least a byte: what lies beyond that many of them need not be measured.
  let fit = text.slice(0, most);
  while (encoder.encode(fit).length > most) fit = fit.slice(0, -1);
  return fit;
}
