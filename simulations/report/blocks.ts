import type { Row, Scalar } from './rows.ts';

/** One axis of a chart. */
export interface Axis<Scale extends string = 'linear' | 'log' | 'category'> {
  /** With its unit in brackets where it has one. */
  readonly label: string;
  /**
   * Default linear; `category` takes the points' texts in the order in which they first come. What a log axis cannot
   * hold, zero and below, is left out, and the figure says so.
   */
  readonly scale?: Scale;
  /** Ends of the axis; by default what the points need. One that the axis cannot have is passed over. */
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
  /** One of the paper's with the same label as one of ours has its colour and stands beside it. */
  readonly label: string;
  readonly points: readonly Point[];
  /** Default line: with dots where there are few points. */
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
  /** Digits behind the point; by default as the number is, up to six significant digits (one digit for per cent). */
  readonly digits?: number;
  /** Shows a share as per cent. */
  readonly percent?: boolean;
}

/** What stands in a report. Each kind has a renderer of its own. */
export type Block =
  | {
      readonly kind: 'text';
      /** An empty line begins a new paragraph; `backticks` set code. Nothing else is markup. */
      readonly text: string;
    }
  | {
      readonly kind: 'table';
      /** What to see in it, in a sentence or two. */
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly Row[];
      /** Names of the series it was made from: they become links to data/NAME.csv and data/NAME.jsonl. */
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
      /** Names of recorded images, and the words under each. They are shown side by side, pixels enlarged without blur. */
      readonly images: readonly { readonly name: string; readonly label: string }[];
      readonly data?: readonly string[];
    }
  | {
      readonly kind: 'facts';
      readonly caption?: string;
      /** Name and value, one under the other. */
      readonly facts: readonly (readonly [name: string, value: Scalar])[];
    };

/** The block of one kind. */
export type BlockOf<Kind extends Block['kind']> = Extract<Block, { readonly kind: Kind }>;

/** One heading of a report and what stands under it. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}
