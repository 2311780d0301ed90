import type { askRows } from '../../inference/internal.ts';
import { bytesText, megabytes } from '../bytes-text.ts';

/** What is known of one row once it is answered. */
export interface AnsweredRow {
  /** Its place in the input's file, from 1. */
  readonly row: number;
  readonly class: number;
  readonly scores: Float64Array | undefined;
  /** Names of the classes; empty if there are none. */
  readonly names: readonly string[];
}

type Answers = Awaited<ReturnType<typeof askRows>>;

/** `row 1: class 7 (seven), scores -1.25 0.5 …`. The names come from the owner: the line must be made printable. */
export function rowLine({ row, class: index, scores, names }: AnsweredRow): string {
  const name = names[index];
  const shown = scores === undefined ? '' : `, scores ${Array.from(scores, (score) => score.toFixed(4)).join(' ')}`;
  return `row ${row}: class ${index}${name === undefined ? '' : ` (${name})`}${shown}`;
}

/** The same for `--json`. */
export function rowJson({ row, class: index, scores, names }: AnsweredRow): object {
  const name = names[index];
  return {
    ...{ kind: 'row', row, class: index },
    ...(name === undefined ? {} : { name }),
    ...(scores === undefined ? {} : { scores: Array.from(scores) }),
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
const sum = ({ sentBytes, receivedBytes }: Answers['online']): number => sentBytes + receivedBytes;

/** What all rows took together, and what is left of the bound. */
export function summaryLine({ classes, offlineMs, onlineMs, offline, online, left }: Answers): string {
  const { length } = classes;
  const rows = `${length} row${length === 1 ? '' : 's'}`;
  const before = `${seconds(offlineMs)} and ${bytesText(sum(offline))} beforehand`;
  const bound = left === undefined ? 'the owner sets no bound' : `${left} more may be asked for`;
  return `${rows}: ${before}, ${seconds(onlineMs)} and ${bytesText(sum(online))} online, ${online.turns} turn${online.turns === 1 ? '' : 's'}; ${bound}`;
}

/** The same for `--json`; megabytes of 10^6 bytes. */
export function summaryJson({ classes, offlineMs, onlineMs, offline, online, left }: Answers): object {
  return {
    ...{ kind: 'summary', rows: classes.length },
    ...{ offlineSeconds: Number((offlineMs / 1000).toFixed(6)), onlineSeconds: Number((onlineMs / 1000).toFixed(6)) },
    ...{ offlineMegabytes: megabytes(sum(offline)), onlineMegabytes: megabytes(sum(online)), turns: online.turns },
    left: left ?? null,
  };
}
