import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/crypto/bytes.ts';
import { World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

/** Bytes as somebody might print them by mistake. */
function printed(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString('hex'),
    buffer.toString('base64').replace(/=+$/, ''),
    buffer.toString('base64url'),
    [...bytes].join(','),
  ];
}

/** Four 32-bit floats: what a client's update is made of. */
const floats = (value: number): Uint8Array => new Uint8Array(Float32Array.from(Array<number>(4).fill(value)).buffer);

describe('a round at log level trace', () => {
  it('puts no seed, key or update into any output', async () => {
    await world.enrol(3);
    const coordinator = await world.coordinator(
      { cohort: 3, rounds: 2, clip: 1, scales: 'measured' },
      { logLevel: 'trace' },
    );
    const steps = [0.123456789, 0.271828182, 0.314159265];
    const losses = [0.577215664, 0.618033988, 0.707106781];
    const clients = steps.map((step, i) => world.member(coordinator.url, i + 1, { tiny: { step, loss: losses[i]! } }));
    expect(await coordinator.running.exited).toEqual({ code: 0, signal: null });
    for (const client of clients) expect(await client.exited).toEqual({ code: 0, signal: null });

    const told = coordinator.running.output;
    const outputs = [told, ...clients.map(({ running }) => running.output)];
    // The log was really talkative: every message of the rounds has its line.
    expect(told).toContain('"event":"message-taken"');
    expect(told).toContain('"level":10');
    const all = outputs.join('\n');

    for (const seed of world.seeds) for (const text of printed(fromHex(seed))) expect(all).not.toContain(text);
    for (const step of steps) {
      expect(all).not.toContain(String(step).slice(0, 7));
      expect(all).not.toContain(String(Math.fround(step)).slice(0, 7));
      for (const text of printed(floats(step))) expect(all).not.toContain(text);
    }
    // A client's own loss is for its own user; the coordinator has the mean of all and nothing of one.
    for (const loss of losses) expect(told).not.toContain(String(loss).slice(0, 7));

    // Whatever looks like encoded bytes is one of the hashes that models are known by.
    const hashes = new Set([...all.matchAll(/"modelHash":"([0-9a-f]{64})"/g)].map(([, hash]) => hash));
    // That of the model to start from, which members are told, and one for each round.
    expect(hashes.size).toBe(3);
    const text = all.replaceAll(world.path('data/models/'), '');
    const encoded = [...text.matchAll(/[A-Za-z0-9+/_-]{40,}/g)].map(([run]) => run);
    expect(encoded.filter((run) => !hashes.has(run))).toEqual([]);
  });
});
