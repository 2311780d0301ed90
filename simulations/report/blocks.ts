import type { Row, Scalar } from './rows.ts';

/** One axis of a chart. */
export interface Axis<Scale extends string = 'linear' | 'log' | 'category'> {
  /** With its unit in brackets, if any. */
  readonly label: string;
  /**
   * Default linear; `category` uses the points' texts in the order of first appearance. Values that a log axis cannot
   * show, zero and below, are omitted, and the figure says so.
   */
  readonly scale?: Scale;
  /** Ends of the axis; by default as the points require. An end that the axis cannot have is ignored. */
  readonly domain?: readonly [number, number];
}

/** One point of a line; `low` and `high` draw its spread. */
export interface Point {
  readonly x: number | string;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** One line, cloud or row of bars. */
export interface Line {
  /** A line of the paper's with the same label as one of ours has its colour and is shown beside it. */
  readonly label: string;
  readonly points: readonly Point[];
  /** Default: a line, with dots if there are few points. */
  readonly style?: 'line' | 'dots' | 'bars';
  /** `paper`: what the paper reports, drawn dashed and hollow beside ours. Default ours. */
  readonly source?: 'ours' | 'paper';
}

/** A value the paper reports, drawn as a dashed level across the chart. */
export interface Level {
  readonly y: number;
  readonly label: string;
}

/** A column of a table. */
export interface Column {
  /** Key of the rows. */
  readonly key: string;
  readonly label: string;
  /**
   * Digits after the decimal point; by default as many as the number has, up to six significant digits (one digit for
   * per cent).
   */
  readonly digits?: number;
  /** Shows a share as per cent. */
  readonly percent?: boolean;
}

/** A part of a report. Each kind has its own renderer. */
export type Block =
  | {
      readonly kind: 'text';
      /** An empty line begins a new paragraph; `backticks` set code. There is no other markup. */
      readonly text: string;
    }
  | {
      readonly kind: 'table';
      /** What it shows, in a sentence or two. */
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly Row[];
      /** Names of its source series: they become links to data/NAME.csv and data/NAME.jsonl. */
      readonly data?: readonly string[];
    }
  | {
      readonly kind: 'chart';
      readonly caption: string;
      readonly x: Axis;
      readonly y: Axis<'linear' | 'log'>;
      readonly lines: readonly Line[];
      readonly levels?: readonly Level[];
      readonly data?: readonly string[];
    }
  | {
      readonly kind: 'images';
      readonly caption: string;
      /**
       * Names of recorded images, and the caption under each. They are shown side by side, pixels enlarged without
       * blur.
       */
      readonly images: readonly { readonly name: string; readonly label: string }[];
      readonly data?: readonly string[];
    }
  | {
      readonly kind: 'facts';
      readonly caption?: string;
      /** Names and values, one below the other. */
      readonly facts: readonly (readonly [name: string, value: Scalar])[];
    };

/** The block of one kind. */
export type BlockOf<Kind extends Block['kind']> = Extract<Block, { readonly kind: Kind }>;

/** One heading of a report and its content. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}
