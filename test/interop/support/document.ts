import { readText, writeText } from './files.ts';

const DOCUMENT = 'docs/protocol.md';

/** The document in three: before a part that is generated, that part, and behind it. */
function partsOf(text: string, part: string): readonly [string, string, string] {
  const [opening, closing] = [`<!-- ${part}:begin -->\n`, `<!-- ${part}:end -->`];
  const begin = text.indexOf(opening) + opening.length;
  const end = text.indexOf(closing);
  if (begin < opening.length || end < begin) throw new Error(`${DOCUMENT} has lost its markers of "${part}"`);
  return [text.slice(0, begin), text.slice(begin, end), text.slice(end)];
}

/** What docs/protocol.md shows between the markers of a generated part, without the empty lines around it. */
export const shownPart = (part: string): string => partsOf(readText(DOCUMENT), part)[1].trim();

/** Puts text between the markers of a generated part of docs/protocol.md. */
export function writePart(part: string, content: string): void {
  const [before, , behind] = partsOf(readText(DOCUMENT), part);
  writeText(DOCUMENT, `${before}\n${content}\n\n${behind}`);
}
