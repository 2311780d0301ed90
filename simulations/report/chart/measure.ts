/** Font size in a chart, in pixels. */
export const FONT_SIZE = 13;

/** Line height of text. */
export const LINE_HEIGHT = 16;

/**
 * Approximate width of a string in pixels. The reader's font is unknown, so letters are measured as in a wide one: a
 * layout made with this also fits narrower ones.
 */
export function textWidth(text: string): number {
  let ems = 0;
  for (const character of text) {
    if (/[ijlIt.,:;'|()[\]!\u202f]/.test(character)) ems += 0.36;
    else if (/[mwMW@%—]/.test(character)) ems += 0.95;
    else if (/[A-Z]/.test(character)) ems += 0.7;
    else ems += 0.62;
  }
  return ems * FONT_SIZE;
}

/** Breaks a string at its spaces so that lines stay below a width if the words allow it. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Cuts a string to a width, with an ellipsis if something is missing. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`) > width) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}
