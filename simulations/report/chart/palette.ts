/**
 * Colours of lines on light and on dark ground. Found by search: each stands out from its ground by 3 : 1 or more, and
 * any two differ by about 20 in CIELAB, also as people without red, green or blue cones see them.
 */
export const PALETTE = [
  { light: '#3764ac', dark: '#709df1' },
  { light: '#c9583f', dark: '#e27c45' },
  { light: '#00a27a', dark: '#46d2a7' },
  { light: '#73314c', dark: '#b881ba' },
  { light: '#c78216', dark: '#f4ce73' },
  { light: '#6b7285', dark: '#becee3' },
] as const;

/** The page's ground, which hollow marks are filled with. */
export const GROUND = { light: '#fdfdfb', dark: '#16181b' } as const;

const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;

/** How one line is told from the others: by its colour, its symbol, and by dashes and hollow symbols if the paper's. */
export interface Look {
  /** A custom property of the page's style, so that it follows the colour scheme. */
  readonly colour: string;
  readonly symbol: (typeof SYMBOLS)[number];
  readonly paper: boolean;
}

/** The look of the line at a place; colours and symbols come together again after 36. */
export function lookOf(place: number, paper: boolean): Look {
  const colour = place % PALETTE.length;
  const symbol = (place + Math.floor(place / PALETTE.length)) % SYMBOLS.length;
  return { colour: `var(--series-${colour + 1})`, symbol: SYMBOLS[symbol]!, paper };
}

/** Dashes of the levels that a chart may have, in their order. */
const LEVEL_DASHES = ['7 4', '2 3', '9 3 2 3', '12 5'];

/** Dashes of the level at a place. */
export function levelDash(place: number): string {
  return LEVEL_DASHES[place % LEVEL_DASHES.length]!;
}
