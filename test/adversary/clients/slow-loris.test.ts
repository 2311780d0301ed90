import { afterEach, describe, expect, it } from 'vitest';
import { encodePart, PART_LENGTH } from '../../../protocol/wire/messages/part.ts';
import { HEADER_LENGTH } from '../../../protocol/wire/header.ts';
import { decodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { closeAll } from '../../coordinator/support/hall.ts';
import { until } from '../../coordinator/support/until.ts';
import { HOSTILE, Scene } from './support/scene.ts';
import { frameHead, HALF_A_REQUEST, UPGRADE, Wire } from './support/wires.ts';

afterEach(closeAll);

const MANY = 60;

describe('somebody who begins and never ends, beside shipped clients', () => {
  it.each([
    ['HTTP requests', (wire: Wire) => wire.write(HALF_A_REQUEST)],
    ['requests for a WebSocket', (wire: Wire) => wire.write(UPGRADE.slice(0, -3))],
    ['frames of a WebSocket', (wire: Wire) => wire.write(UPGRADE).write(frameHead(200_000))],
  ])('%s: the round of the others commits', async (_, begin) => {
    const scene = await Scene.open({ cohort: 8 });
    const wires = await Promise.all(Array.from({ length: MANY }, () => Wire.open(scene.url)));
    wires.forEach(begin);
    // One byte now and then, as who wants to keep a connection would send.
    const drip = setInterval(() => wires.forEach((wire) => wire.open && wire.write('x')), 5);
    await scene.begin().expectExact([]);
    clearInterval(drip);
    await scene.expectAlive();
    for (const wire of wires) wire.end();
  });

  it('connections without a Hello are ended by name, and the round of the others commits', async () => {
    const scene = await Scene.open({ cohort: 8, change: { config: { limits: { helloTimeoutMs: 300 } } } });
    const peers = Array.from({ length: MANY }, () => scene.peer());
    await scene.begin().expectExact([]);
    for (const peer of peers) {
      await peer.ended;
      expect(decodeAbort(await peer.next('abort')).code).toBe('deadline-missed');
    }
    await scene.expectAlive();
  });

  it('uploads that stop half way lose their place to those of the others, whose round is exact', async () => {
    const size = 150_000;
    const uploads = { atOnce: 1, stallMs: 200, minBytesPerSecond: 1 << 20 };
    const deadlines = { maskedInput: 8 };
    const scene = await Scene.open({ size, task: { deadlines }, change: { config: { uploads } } });
    const answers: (string | undefined)[] = [];
    await scene.hostile({
      send(name, bytes, client) {
        if (name !== 'maskedInput') return bytes;
        const id = new Uint8Array(16);
        const header = { suite: 1 as const, context: bytes.slice(3, HEADER_LENGTH), total: bytes.length, id };
        const part = (offset: number, length: number): Uint8Array =>
          encodePart({ ...header, offset, bytes: bytes.slice(offset, offset + length) });
        void client
          .sendRaw(part(0, HEADER_LENGTH))
          .then((answer) => answers.push(answer))
          .then(() => until(() => scene.hall.reports.length > 0))
          .then(() => client.sendRaw(part(HEADER_LENGTH, PART_LENGTH)))
          .then((answer) => answers.push(answer));
        return undefined;
      },
    });
    const report = await scene.begin().expectExact([]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'deadline-missed', effect: 'before-input' }]);
    await until(() => answers.length === 2);
    // It had its place, and then neither the place nor the round.
    expect(answers).toEqual([undefined, 'member-unknown']);
    await scene.expectAlive();
  });
});
