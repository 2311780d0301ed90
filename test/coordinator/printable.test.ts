import { afterEach, describe, expect, it } from 'vitest';
import { roundLine } from '../../cli/round-line.ts';
import { createLog } from '../../coordinator/index.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { HEADER_LENGTH } from '../../protocol/wire/header.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { DEFAULT_SUITE, SIZES } from '../../protocol/crypto/suite.ts';
import { closeAll, openHall } from './support/hall.ts';
import { Peer } from './support/peer.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await closeAll();
});

const EVIL = '\u001b[2J\r\nround 7 | advertised 4\n\u009b2J\u202e\u2028';
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

describe('strings from a lying client', () => {
  it('change no line of the log, the reports or the API', async () => {
    const hall = await openHall({ cohort: 5, quorum: 5, attempts: 1 });
    const leaves = (name: string, bytes: Uint8Array): Uint8Array => {
      if (name !== 'advertiseKeys') return bytes;
      const header = { suite: DEFAULT_SUITE, context: bytes.slice(HEADER_LENGTH - SIZES.hash, HEADER_LENGTH) };
      return encodeAbort(header, { code: EVIL as ErrorCode, message: EVIL });
    };
    await Promise.all([1, 2, 3, 4, 5].map((member) => hall.join(member, member === 5 ? { send: leaves } : {})));
    await hall.coordinator.finished;
    const peer = new Peer(hall.coordinator.url);
    peers.push(peer);
    await peer.send(
      await peer.hello(() => ({ who: { kind: 'guest', name: EVIL, token: new Uint8Array() }, tasks: [EVIL] })),
    );
    const refusal = decodeAbort(await peer.next('abort'));
    expect(refusal).toMatchObject({ code: 'task-unknown', message: expect.stringContaining('\\u001b[2J') as string });

    for (const line of hall.lines) expect(line.trimEnd()).not.toMatch(UNPRINTABLE);
    for (const report of hall.reports) expect(roundLine(report, String)).not.toMatch(UNPRINTABLE);
    for (const path of ['/v1', '/v1/tasks', '/v1/tasks/toy', '/v1/tasks/toy/rounds']) {
      const text = await (await fetch(`${hall.coordinator.url}${path}`)).text();
      expect(text).not.toMatch(UNPRINTABLE);
    }
    expect(hall.reports[0]!.drops).toMatchObject([{ member: 5 }]);
  });

  it('are printable in a log entry, in whatever field', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    log.info('round-state', { state: EVIL, task: EVIL });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trimEnd()).not.toMatch(UNPRINTABLE);
    expect(JSON.parse(lines[0]!)).toMatchObject({ state: expect.stringContaining('\\u009b2J') as string });
  });
});
