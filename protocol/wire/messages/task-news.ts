import { SIZES } from '../../crypto/suite.ts';
import type { CairnError } from '../../errors.ts';
import { fitting } from '../fitting.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** The states of a task, in the order of their numbers on the wire, which begin at 1. */
export const NEWS_STATES = ['waiting', 'running', 'finished', 'failed', 'stopped', 'budget-spent'] as const;

/**
 * The state of a task. `waiting`: no round of it is under way; `finished`: all its rounds have committed;
 * `budget-spent`: its privacy budget has no room for another; `stopped`: its coordinator is shutting down, and may
 * continue the task later.
 */
export type NewsState = (typeof NEWS_STATES)[number];

/**
 * Coordinator → client: the state of a task. The context is the connection's challenge. It belongs to no round and
 * needs no answer: it says which clients are awaited, and that a task has ended. Nothing proves it, so a client acts on
 * it only by telling its user, giving up a round that is over, and leaving.
 */
export interface TaskNews extends Header {
  readonly task: string;
  readonly state: NewsState;
  /** The last committed round that members have been told about, and the planned number of rounds. */
  readonly round: number;
  readonly rounds: number;
  /** Connected clients that may take part, whatever round they are in now; and how many a round waits for. */
  readonly seated: number;
  readonly needed: number;
  /** SHA-256 of the current model file: once the task has ended, of its last one. */
  readonly modelHash: Uint8Array;
  /**
   * Why the task has failed: an error code, which the receiver may not know, and one line for a person. Otherwise
   * empty.
   */
  readonly code: string;
  readonly message: string;
}

/** The content of news, without the connection's header. */
export type TaskNewsFields = Omit<TaskNews, keyof Header>;

/** Why a task has failed, as its news give it: texts cut to fit their fields. */
export const newsOfFailure = ({ code, message }: Pick<CairnError, 'code' | 'message'>) => ({
  code: fitting(code, LIMITS.code),
  message: fitting(message, LIMITS.text),
});

/** Bytes of news. @throws CairnError `wire-bounds` for a number or a hash that does not fit its field */
export function encodeTaskNews(message: TaskNews): Uint8Array {
  return startMessage('taskNews', message)
    .text(message.task)
    .u8(1 + NEWS_STATES.indexOf(message.state))
    .u32(message.round)
    .u32(message.rounds)
    .u32(message.seated)
    .u32(message.needed)
    .fixed(message.modelHash, SIZES.hash)
    .text(message.code)
    .text(message.message)
    .finish();
}

/**
 * Reads news of a task. @throws CairnError `wire-…` for anything but news in their one encoding: only a failed task has
 * a reason
 */
export function decodeTaskNews(message: Encoded): TaskNews {
  const { header, reader } = openMessage('taskNews', message);
  const news: TaskNews = {
    ...header,
    task: reader.text('task', LIMITS.name),
    state: NEWS_STATES[reader.u8In('state', 1, NEWS_STATES.length) - 1]!,
    round: reader.u32('round'),
    rounds: reader.u32('rounds'),
    seated: reader.u32('seated'),
    needed: reader.u32('needed'),
    modelHash: reader.raw(SIZES.hash, 'modelHash').slice(),
    code: reader.text('code', LIMITS.code),
    message: reader.text('message', LIMITS.text),
  };
  if (news.task === '') throw reader.error('wire-bounds', 'task must have a name');
  if ((news.state === 'failed') !== (news.code !== '')) {
    throw reader.error(
      'wire-not-canonical',
      `code must be given exactly if a task has failed, but this one is ${news.state}`,
    );
  }
  if (news.code === '' && news.message !== '') {
    throw reader.error('wire-not-canonical', 'message needs a code');
  }
  reader.end();
  return news;
}
