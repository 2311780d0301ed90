import { type DestinationStream, destination as pinoDestination, pino, stdTimeFunctions } from 'pino';
import type { ErrorCode } from '../protocol/errors.ts';
import { printable } from '../protocol/printable.ts';

/** Every event that a coordinator logs. */
export type LogEvent =
  | 'listening'
  | 'unsafe-open-enrolment'
  | 'proxy-not-trusted'
  | 'delta-above-members'
  | 'uploads-fill-memory'
  | 'directory-ends-soon'
  | 'directory-renewed'
  | 'directory-refused'
  | 'stopped'
  | 'task-opened'
  | 'groups-exposed'
  | 'task-finished'
  | 'task-failed'
  | 'round-started'
  | 'round-state'
  | 'round-committed'
  | 'round-abandoned'
  | 'round-rolled-back'
  | 'model-rebased'
  | 'scales-measured'
  | 'scales-unmeasured'
  | 'resolution-poor'
  | 'draw-unsuitable'
  | 'quorum-overdue'
  | 'sums-too-small'
  | 'noise-expected'
  | 'privacy-budget-spent'
  | 'member-dropped'
  | 'member-benched'
  | 'member-sits-out'
  | 'member-joined'
  | 'member-away'
  | 'member-back'
  | 'member-left'
  | 'connection-refused'
  | 'message-refused'
  | 'request-refused'
  | 'message-taken'
  | 'evaluation-failed'
  | 'unmasked'
  | 'workers-lost'
  | 'fault';

/**
 * All that a log entry may hold: ids, names, counts, codes, states and milliseconds. There is no field for bytes of a
 * message, for a string written by another party except names, or for an error's message. Names chosen by other parties
 * are made printable.
 */
export interface LogFields {
  readonly task?: string;
  readonly round?: number;
  readonly attempt?: number;
  /** How many groups a cohort is split into. */
  readonly groups?: number;
  /** Colluding members that the smallest group tolerates. */
  readonly tolerated?: number;
  /** Probability that some group has more of them, if the task's share of the cohort colludes. */
  readonly chance?: number;
  /** The share of the cohort that may collude while that probability is negligible. */
  readonly safe?: number;
  /** Number of a group, from 1. */
  readonly group?: number;
  /** How many hours. */
  readonly hours?: number;
  /** How many attempts. */
  readonly attempts?: number;
  /** Steps by which a model was moved since the last round that committed. */
  readonly rebases?: number;
  /** What rounds are scaled by: the number of examples with weight 1, and the maximum loss. */
  readonly maxExamples?: number;
  readonly lossBound?: number;
  /** Estimated rounding error as a part of the update. */
  readonly rounding?: number;
  readonly member?: number;
  /** Its name in the member directory. */
  readonly name?: string;
  /** What a guest calls itself, unverified. */
  readonly claimed?: string;
  /** Ids of members, as many as fit into a text field. */
  readonly missing?: string;
  /** How many members. */
  readonly members?: number;
  /** How many members a round waits for. */
  readonly quorum?: number;
  /** How many masks. */
  readonly masks?: number;
  /** How many worker threads. */
  readonly workers?: number;
  /** Serial number of a member directory. */
  readonly serial?: number;
  readonly state?: string;
  readonly code?: ErrorCode;
  readonly effect?: string;
  /** How many bytes. */
  readonly size?: number;
  readonly ms?: number;
  /** L2 norm of the noise in a mean, and the clip. */
  readonly noise?: number;
  readonly clip?: number;
  /** Number of members from which on the noise is bearable. */
  readonly bearable?: number;
  /** ε so far of a task's rounds. */
  readonly epsilon?: number;
  /** δ of a task. */
  readonly delta?: number;
  readonly host?: string;
  readonly port?: number;
}

/** Field → its type. Anything else in an entry is left out, even if it got past the compiler. */
const FIELDS: Readonly<Record<keyof LogFields, 'string' | 'number'>> = {
  task: 'string',
  round: 'number',
  attempt: 'number',
  groups: 'number',
  tolerated: 'number',
  chance: 'number',
  safe: 'number',
  group: 'number',
  attempts: 'number',
  hours: 'number',
  rebases: 'number',
  maxExamples: 'number',
  lossBound: 'number',
  rounding: 'number',
  member: 'number',
  name: 'string',
  claimed: 'string',
  missing: 'string',
  members: 'number',
  quorum: 'number',
  masks: 'number',
  workers: 'number',
  noise: 'number',
  clip: 'number',
  bearable: 'number',
  epsilon: 'number',
  delta: 'number',
  serial: 'number',
  state: 'string',
  code: 'string',
  effect: 'string',
  size: 'number',
  ms: 'number',
  host: 'string',
  port: 'number',
};

/** Maximum text length in a field: names and codes are shorter, encoded keys are not. */
const MAX_TEXT = 128;

/** Names that a field with a secret would have, if one ever got this far. */
const REDACTED = [
  'secret',
  'secretKey',
  'key',
  'seed',
  'token',
  'share',
  'shares',
  'signature',
  'packed',
  'values',
  'update',
  'bytes',
  'body',
];

/** Levels of a log, from the most verbose to none. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A structured log. */
export interface Log {
  trace(event: LogEvent, fields?: LogFields): void;
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
}

function admitted(fields: LogFields): Record<string, string | number> {
  const entry: Record<string, string | number> = {};
  for (const name of Object.keys(FIELDS) as (keyof LogFields)[]) {
    const value: unknown = fields[name];
    if (typeof value === 'number' && FIELDS[name] === 'number') entry[name] = value;
    if (typeof value === 'string' && FIELDS[name] === 'string') entry[name] = printable(value).slice(0, MAX_TEXT);
  }
  return entry;
}

/** A log of JSON lines, to stderr unless another stream is given. */
export function createLog(level: LogLevel, stream?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    messageKey: 'event',
    timestamp: stdTimeFunctions.isoTime,
    redact: REDACTED.flatMap((name) => [name, `*.${name}`]),
  };
  const logger = pino(options, stream ?? pinoDestination({ fd: 2, sync: true }));
  const write =
    (at: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (event: LogEvent, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(at)) logger[at](admitted(fields), event);
    };
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
