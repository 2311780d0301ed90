/** Size of the letters in a chart, in pixels. */
export const FONT_SIZE = 13;

/** From one line of text to the next. */
export const LINE_HEIGHT = 16;

/**
 * About how many pixels a string takes. Nobody knows which font a reader has, so letters are as wide as in a wide one:
 * what is laid out by this has room in others too.
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

/** Breaks a string at its spaces so that lines stay below a width where words allow it. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Cuts a string to a width, with an ellipsis where something is missing. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`) > width) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}
