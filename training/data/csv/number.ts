/** How numbers are written in a file. */
export interface NumberFormat {
  /** The decimal mark. Default `.`. */
  readonly decimal?: '.' | ',';
  /**
   * The separator of groups of three digits, if they are grouped: `1.234,5` has `.`. Default: none, and groups are
   * refused.
   */
  readonly thousands?: ',' | '.' | ' ' | "'";
}

/** Why a string is not a number: what it is instead, described without quoting the text, and the hint. */
export interface NoNumber {
  readonly found: string;
  readonly hint?: string;
}

/**
 * Spaces that spreadsheets put between groups of digits: the common one, the no-break one, and the narrow no-break one.
 */
const SPACES = /[ \u00a0\u202f]/gu;

const EMPTY: NoNumber = {
  found: 'the field is empty',
  hint: 'an empty field is never 0: complete the file, or give the column a "fill" that all owners agree on',
};

/** Markers for a missing value that statistics programs write. */
const ABSENT = /^(?:na|n\/a|#n\/a|null|none|missing|\?|-|--|\.|unknown)$/i;

/** Describes a string that is not a number in the format. */
function oddity(text: string, { decimal = '.', thousands }: NumberFormat): NoNumber {
  const other = decimal === '.' ? ',' : '.';
  if (/^[+-]?(?:nan|inf|infinity|∞)$/i.test(text)) {
    return {
      found: 'it is NaN or infinite',
      hint: 'correct the file, or name the text in "missing" and give a "fill"',
    };
  }
  if (ABSENT.test(text)) {
    return {
      found: 'it is a marker for a missing value',
      hint: 'name the text in "missing", such as missing: ["NA"], and give the column a "fill"',
    };
  }
  if (/^[+-]?0[xob][\da-f]+$/i.test(text)) return { found: 'it is not written in decimal digits' };
  if (/^[+-]?\d+([.,])\d+$/.test(text) && text.includes(other) && thousands !== other) {
    return {
      found: `there is a "${other}" between digits, which may be a decimal mark or group thousands`,
      hint: `say which: decimal: "${other}", or thousands: "${other}"`,
    };
  }
  if (/^[+-]?\d[\d.,' \u00a0\u202f]*$/u.test(text)) {
    return {
      found: 'its digits are grouped in an undeclared way',
      hint: 'say how: decimal: "," or ".", and thousands: ".", ",", " " or "\'"; groups have three digits each',
    };
  }
  return { found: 'it is text' };
}

/**
 * The one strict rule by which fields become numbers: decimal digits with at most one sign, decimal mark and exponent,
 * and groups of three if declared. Nothing is guessed: ambiguous text is refused.
 * @returns the number, or why there is none
 */
export function numberReader(format: NumberFormat): (text: string) => number | NoNumber {
  const { decimal = '.', thousands } = format;
  const plain =
    decimal === '.' ? /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?$/i : /^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d{1,4})?$/i;
  const mark = decimal === '.' ? String.raw`\.` : ',';
  const group = thousands === '.' ? String.raw`\.` : (thousands ?? '');
  const grouped =
    thousands === undefined ? undefined : new RegExp(`^[+-]?\\d{1,3}(?:${group}\\d{3})+(?:${mark}\\d*)?$`);
  return (field) => {
    const trimmed = field.trim();
    if (trimmed === '') return EMPTY;
    const text = thousands === ' ' ? trimmed.replace(SPACES, ' ') : trimmed;
    const whole = grouped?.test(text) === true ? text.replaceAll(thousands ?? '', '') : text;
    if (!plain.test(whole)) return oddity(trimmed, format);
    const value = Number(decimal === ',' ? whole.replace(',', '.') : whole);
    // The data set holds 32-bit floats, so a value that is infinite as one is refused.
    if (!Number.isFinite(Math.fround(value))) return { found: 'it is too large for a 32-bit float' };
    return value;
  };
}
