/**
 * What a terminal or a reader does not treat as a visible character: controls (8-bit ones too), line and paragraph
 * separators, directional marks, characters of no width or not yet assigned, lone surrogates, and blank letters.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;

/** Blanks: a long run of them moves what follows to a separate line. */
const BLANKS = /\p{Zs}+/gu;

/**
 * A string from an untrusted source, made safe for people to read: on one line, in the order of its characters, and
 * with nothing that moves a cursor or is invisible. Such characters are written as escapes (`\u001b`), runs of blanks
 * as one. Applying it again changes nothing.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped).replace(BLANKS, ' ');
}

/** A value as one line of printable JSON: JSON itself escapes only the ASCII controls. It parses to the same value. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(UNPRINTABLE, jsonEscaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** JSON escapes UTF-16 units, of which a character may have two. */
const jsonEscaped = (character: string): string =>
  Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16);
    return `\\u${unit.padStart(4, '0')}`;
  }).join('');
