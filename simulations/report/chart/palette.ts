/**
 * Colours of lines on light and on dark backgrounds. Found by search: each has a contrast of at least 3 : 1 to its
 * background, and any two differ by about 20 in CIELAB, also under each form of dichromacy.
 */
export const PALETTE = [
  { light: '#3764ac', dark: '#709df1' },
  { light: '#c9583f', dark: '#e27c45' },
  { light: '#00a27a', dark: '#46d2a7' },
  { light: '#73314c', dark: '#b881ba' },
  { light: '#c78216', dark: '#f4ce73' },
  { light: '#6b7285', dark: '#becee3' },
] as const;

/** The page's background, with which hollow marks are filled. */
export const GROUND = { light: '#fdfdfb', dark: '#16181b' } as const;

const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;

/**
 * How one line is distinguished from the others: by colour, symbol, and, for the paper's, dashes and hollow symbols.
 */
export interface Look {
  /** A custom property of the page's style, so that it follows the colour scheme. */
  readonly colour: string;
  readonly symbol: (typeof SYMBOLS)[number];
  readonly paper: boolean;
}

/** The look of the line at a place; combinations of colour and symbol repeat after 36. */
export function lookOf(place: number, paper: boolean): Look {
  const colour = place % PALETTE.length;
  const symbol = (place + Math.floor(place / PALETTE.length)) % SYMBOLS.length;
  return { colour: `var(--series-${colour + 1})`, symbol: SYMBOLS[symbol]!, paper };
}

/** Dashes of a chart's levels, in order. */
const LEVEL_DASHES = ['7 4', '2 3', '9 3 2 3', '12 5'];

/** Dashes of the level at a place. */
export function levelDash(place: number): string {
  return LEVEL_DASHES[place % LEVEL_DASHES.length]!;
}
