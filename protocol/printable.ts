/**
 * What a terminal or a reader takes for something else than a character: controls (also those of eight bits), ends of
 * lines and paragraphs, marks of direction, whatever has no width or no meaning yet, halves of pairs, and letters that are
 * blank.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;

/** Blanks, of which a long run moves what follows to a line of its own. */
const BLANKS = /\p{Zs}+/gu;

/**
 * A string that somebody else may have written, for people to read: in one line, in the order of its characters, and with
 * nothing that moves a cursor or hides. Such characters are written as escapes (`\u001b`), runs of blanks as one.
 * Doing it again changes nothing.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped).replace(BLANKS, ' ');
}

/**
 * A value as one line of JSON that is printable, too: JSON escapes only the first controls by itself. It parses to the
 * same value.
 */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(UNPRINTABLE, jsonEscaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** JSON names units of UTF-16, of which a character may have two. */
const jsonEscaped = (character: string): string =>
  Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16);
    return `\\u${unit.padStart(4, '0')}`;
  }).join('');
