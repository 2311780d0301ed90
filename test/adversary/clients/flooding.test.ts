import { afterEach, describe, expect, it } from 'vitest';
import { closeAll } from '../../coordinator/support/hall.ts';
import { until } from '../../coordinator/support/until.ts';
import { HOSTILE, Scene } from './support/scene.ts';
import { Wire } from './support/wires.ts';

afterEach(closeAll);

const MANY = 3000;

describe('a member that floods, beside shipped clients', () => {
  it('sends every message thousands of times: it loses seat and round by name, and the sum of the others is exact', async () => {
    const scene = await Scene.open();
    const hostile = await scene.hostile({
      send(_, bytes, client) {
        for (let i = 0; i < MANY; i++) void client.sendRaw(bytes).catch(() => undefined);
        return bytes;
      },
    });
    const report = await scene.begin().expectExact([]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'rate-limited', effect: 'before-input' }]);
    expect(hostile.sent.length).toBeGreaterThan(0);
    await scene.expectAlive();
  });

  it('sends garbage without end, before a round and in it: the round of the others is exact', async () => {
    const scene = await Scene.open({ cohort: 8, task: { deadlines: { advertiseKeys: 10 } } });
    const hostile = await scene.hostile({ send: () => undefined, tasks: ['toy'] });
    let going = true;
    const flood = async (): Promise<void> => {
      while (going) {
        for (let i = 0; i < 200; i++) void hostile.sendRaw(Uint8Array.of(1, 1, i)).catch(() => undefined);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const flooding = flood();
    await scene.begin().expectExact([]);
    going = false;
    await flooding;
    expect(scene.hall.lines.some((line) => line.includes('"code":"rate-limited"'))).toBe(true);
    await scene.expectAlive();
  });

  it('sends a frame that is longer than any may be: its connection ends, and the round of the others is exact', async () => {
    const scene = await Scene.open({ cohort: 8 });
    const hostile = await scene.hostile({ send: () => undefined });
    void hostile.sendRaw(new Uint8Array(8 << 20)).catch(() => undefined);
    await until(() => scene.hall.members.includes(`away ${HOSTILE}`));
    await scene.begin().expectExact([]);
    await scene.expectAlive();
  });

  it('opens connections without end: those who are there have their round', async () => {
    const scene = await Scene.open({ cohort: 8 });
    const wires = await Promise.all(Array.from({ length: 300 }, () => Wire.open(scene.url)));
    await scene.begin().expectExact([]);
    for (const wire of wires) wire.end();
    await scene.expectAlive();
  });
});
