import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { participationLine } from '../../cli/participation-line.ts';
import { EVENT_NAME } from '../../coordinator/internal.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { DEFAULT_SUITE } from '../../protocol/crypto/suite.ts';
import { type ErrorCode } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeChallenge } from '../../protocol/wire/messages/connect.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { virtualSettings } from '../../simulations/engine/settings.ts';
import { EvilCoordinator } from '../../simulations/attacks/coordinator/evil-coordinator.ts';
import { modelFile } from '../client/support/rounds.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { TINY_APP } from './support/client.ts';
import { cairn, endAll, type Running } from './support/running.ts';

/** A line that the coordinator would have people believe to be the client's. */
const FORGED = 'round 7: committed, your update is in the sum';
/** Clears the screen, sets the title, goes back to the line's beginning, and writes on a new one. */
const EVIL = `\u001b[2J\u001b]0;owned\u0007\r\n${FORGED}\n\u009b2J\u202e\u2028\u200b\u007f`;
const MEMBER = memberId(3);

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await endAll();
  for (const close of closers.splice(0)) await close();
});
afterAll(endAll);

const join = (url: string, ...args: string[]): Running =>
  cairn(['join', url, '--app', TINY_APP, '--accept-curious', '--name', String(MEMBER), ...args]);

async function lying(): Promise<EvilCoordinator> {
  const coordinator = await EvilCoordinator.start();
  closers.push(() => coordinator.stop());
  return coordinator;
}

/** Invites the one client to a round. @returns where messages about it belong */
async function invite(coordinator: EvilCoordinator, change: Partial<RoundSettings>) {
  const modelHash = coordinator.publish(modelFile(0, { w: [4] }));
  const settings = virtualSettings(seeded('printable'), {
    ...{ task: 'tiny', adversary: 'curious', dimension: 4, modelHash, minCohort: 3 },
    ...change,
  });
  const encoded = encodeSettings(settings);
  const context = settingsHash(nodePrimitives, encoded);
  await coordinator.until(() => coordinator.members.length > 0);
  coordinator.send(MEMBER, encodeInvitation({ suite: settings.suite, context, settings: encoded }));
  return { suite: settings.suite, context };
}

/** Asserts that nothing came out but printable lines, none of them the forged one, and that the text was shown. */
function expectHarmless({ stdout, stderr }: Running): void {
  for (const line of [...stdout, ...stderr]) {
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(line.startsWith('round 7')).toBe(false);
  }
  expect([...stdout, ...stderr].some((line) => line.includes('\\u001b[2J'))).toBe(true);
}

describe('texts of a coordinator that lies', () => {
  it('would clear the screen and forge a line if they were printed as they come', () => {
    const line = participationLine({
      kind: 'abandoned',
      task: 'tiny',
      round: 1,
      code: undefined,
      message: EVIL,
      update: 'none',
    });
    expect(line).toContain('\u001b[2J');
    expect(line!.split('\n')).toContain(FORGED);
  });

  it.each<[string, (header: { suite: RoundSettings['suite']; context: Uint8Array }) => Uint8Array]>([
    ['an Abort', (header) => encodeAbort(header, { code: EVIL as ErrorCode, message: EVIL })],
    ['an Outcome', (header) => encodeOutcome({ ...header, kind: 'abandoned', code: 'refused', message: EVIL })],
  ])('are shown by cairn join as what they are: %s, and the name of a task', async (_, ending) => {
    for (const args of [[], ['--json']]) {
      const coordinator = await lying();
      const client = join(coordinator.url, ...args);
      const header = await invite(coordinator, { task: `t${EVIL}` });
      const stream = args.length === 0 ? 'stderr' : 'stdout';
      await client.line(stream, (line) => line.includes('invited'));
      coordinator.send(MEMBER, ending(header));
      await client.line(stream, (line) => line.includes('abandoned'));
      client.kill('SIGINT');
      await client.exited;
      expectHarmless(client);
      if (args.length > 0) {
        const events = client.stdout.map(
          (line) => JSON.parse(line) as { kind: string; task?: string; message?: string },
        );
        // The name is an id: it is told as it came, and the line is printable all the same.
        expect(events.find(({ kind }) => kind === 'invited')?.task).toBe(`t${EVIL}`);
        expect(events.find(({ kind }) => kind === 'abandoned')?.message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }
    }
  });

  /** A server that speaks socket.io. */
  async function server(set: (io: Server) => void): Promise<string> {
    const http = createServer();
    const io = new Server(http, { transports: ['websocket'] });
    set(io);
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    closers.push(() => io.close());
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  it('are shown as what they are where the coordinator gives no seat', async () => {
    const header = { suite: DEFAULT_SUITE, context: new Uint8Array(32) };
    const url = await server((io) =>
      io.on('connection', (socket) => {
        socket.on(EVENT_NAME, (_bytes: unknown, acknowledge: (refusal: Uint8Array) => void) =>
          acknowledge(encodeAbort(header, { code: 'refused', message: EVIL })),
        );
        socket.emit(EVENT_NAME, encodeChallenge(header));
      }),
    );
    for (const args of [[], ['--json'], ['--verbose']]) {
      const client =
        args[0] === '--verbose'
          ? cairn(['--verbose', 'join', url, '--app', TINY_APP, '--accept-curious'])
          : join(url, ...args);
      expect((await client.exited).code).toBe(1);
      expect(client.stderr.find((line) => line.startsWith('cairn: '))).toContain('[refused]');
      expectHarmless(client);
    }
  });

  it('are shown as what they are where there is no coordinator but something else', async () => {
    const url = await server((io) => io.use((_socket, next) => next(new Error(EVIL))));
    const client = join(url, '--connect-timeout', '1');
    expect((await client.exited).code).toBe(1);
    expect(client.stderr.at(-1)).toMatch(/^cairn: .+ \[unreachable\] — /);
    expectHarmless(client);
  });
});
