import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DirectoryEnd } from '../../coordinator/directory-end.ts';
import { availableMemory, uploadsWithin } from '../../coordinator/sizes.ts';
import { closeAll, type Hall, membership, openHall } from './support/hall.ts';

afterEach(closeAll);

const MIB = 2 ** 20;
const DAY = 24 * 3600;

const logged = (hall: Hall, event: string): unknown[] =>
  hall.lines.map((line) => JSON.parse(line) as { event: string }).filter((entry) => entry.event === event);

describe('the end of a member directory', () => {
  const soonAt = (left: number | undefined): number[] => {
    const told: number[] = [];
    const end = new DirectoryEnd({
      notAfter: () => (left === undefined ? undefined : 1_000_000 + left),
      clock: () => 1_000_000,
      onSoon: (hours) => told.push(hours),
    });
    end.look();
    return told;
  };

  it('is logged within a week of it, in whole hours, and after it', () => {
    expect(soonAt(undefined)).toEqual([]);
    expect(soonAt(7 * DAY)).toEqual([]);
    expect(soonAt(7 * DAY - 1)).toEqual([167]);
    expect(soonAt(3599)).toEqual([0]);
    expect(soonAt(-5)).toEqual([0]);
  });

  it('is in the log of a coordinator', async () => {
    const { notAfter } = membership.directory;
    const hall = await openHall({}, { clock: () => notAfter - 2 * 3600 });
    expect(logged(hall, 'directory-ends-soon')).toMatchObject([{ level: 40, hours: 2 }]);
    const early = await openHall({}, { clock: () => notAfter - 8 * DAY });
    expect(logged(early, 'directory-ends-soon')).toEqual([]);
  });
});

describe('uploads that are assembled at a time', () => {
  it('are as many as fit into 64 MiB, but at least four', () => {
    expect(uploadsWithin(1024 * MIB, MIB)).toEqual({ atOnce: 64, fillMemory: false });
    expect(uploadsWithin(8192 * MIB, 100 * MIB)).toEqual({ atOnce: 4, fillMemory: false });
  });

  it('are logged if they take an eighth of the memory', () => {
    expect(uploadsWithin(512 * MIB, MIB).fillMemory).toBe(false);
    expect(uploadsWithin(511 * MIB, MIB).fillMemory).toBe(true);
    // They are not refused: there is no smaller number to go on with.
    expect(uploadsWithin(1024 * MIB, 400 * MIB)).toEqual({ atOnce: 4, fillMemory: true });
  });

  it('are compared with the available memory', () => {
    expect(availableMemory()).toBeGreaterThan(64 * MIB);
    expect(Number.isSafeInteger(availableMemory())).toBe(true);
  });
});

describe('a delta', () => {
  const task = { cohort: 150, quorum: 5, minCohort: 5, colluding: 0.2 };
  const privacy = { placement: 'central', epsilon: 8, noiseMultiplier: 10 };

  it('above one over the members is logged: publishing one of them, chosen at random, would satisfy it', async () => {
    const hall = await openHall({ ...task, privacy: { ...privacy, delta: 0.01 } });
    expect(logged(hall, 'delta-above-members')).toMatchObject([{ level: 40, task: 'toy', members: 150, delta: 0.01 }]);
    const small = await openHall({ ...task, privacy: { ...privacy, delta: 0.006 } });
    expect(logged(small, 'delta-above-members')).toEqual([]);
    expect(logged(await openHall(), 'delta-above-members')).toEqual([]);
  });
});

describe('a proxy', () => {
  it('that is present but not trusted is logged, since all members have its address', async () => {
    const publicUrls = ['https://train.example.org'];
    const hall = await openHall({}, { config: { publicUrls } });
    expect(logged(hall, 'proxy-not-trusted')).toHaveLength(1);
    const trusting = await openHall({}, { config: { publicUrls, trustProxy: 1 } });
    expect(logged(trusting, 'proxy-not-trusted')).toEqual([]);
    expect(logged(await openHall(), 'proxy-not-trusted')).toEqual([]);
  });
});

describe('a model', () => {
  it('is not sent for ever to a client that reads it slowly', async () => {
    const task = { model: { tensors: { w: [4_000_000] }, seed: 1 } };
    const hall = await openHall(task, { config: { uploads: { stallMs: 100, minBytesPerSecond: 2 ** 30 } } });
    const { modelHash } = hall.coordinator.tasks[0]!;
    const socket = connect(hall.coordinator.port, '127.0.0.1');
    socket.write(`GET /v1/models/${modelHash} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    let bytes = 0;
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'ECONNRESET' });
    }
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(16_000_000);
  });
});
