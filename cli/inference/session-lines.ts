import type { Answered } from '../../inference/internal.ts';
import type { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { bytesText, megabytes } from '../bytes-text.ts';
import { data, say } from '../io.ts';

/** Characters of an identity's key that are shown to people. */
const KEY = 16;

/** What a server says of its sessions: one line each, nothing of what was asked or answered. */
export function sessionLines(json: boolean) {
  return {
    onAnswered: (answered: Answered): void => data(json ? answeredJson(answered) : answeredLine(answered)),
    onFailed: ({ code, message }: CairnError): void => {
      if (json) data(printableJson({ kind: 'failed', code, message }));
      else say(printable(`a session ended without an answer: ${message} [${code}]`));
    },
  };
}

const sum = ({ sentBytes, receivedBytes }: Answered['online']): number => sentBytes + receivedBytes;

function answeredLine({ who, batch, offlineMs, onlineMs, offline, online }: Answered): string {
  const name = who.length > KEY ? `${who.slice(0, KEY)}…` : who;
  const before = `${ms(offlineMs)} and ${bytesText(sum(offline))} beforehand`;
  const after = `${ms(onlineMs)} and ${bytesText(sum(online))} online`;
  return printable(`answered ${batch} row${batch === 1 ? '' : 's'} for ${name}: ${before}, ${after}`);
}

function answeredJson({ who, batch, offlineMs, onlineMs, offline, online }: Answered): string {
  const times = { offlineSeconds: seconds(offlineMs), onlineSeconds: seconds(onlineMs) };
  const sizes = { offlineMegabytes: megabytes(sum(offline)), onlineMegabytes: megabytes(sum(online)) };
  return printableJson({ kind: 'answered', who, rows: batch, ...times, ...sizes, turns: online.turns });
}

const ms = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
const seconds = (value: number): number => Number((value / 1000).toFixed(6));
