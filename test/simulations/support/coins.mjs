// An experiment as a user would write one, in plain JavaScript beside the sources: tests run it, in threads too.
import { z } from 'zod';

const flips = { name: 'flips', kind: 'results' };
const clock = { name: 'clock', kind: 'timings' };

/** Heads among `count` flips of a coin, from a seed. */
export const countHeads = {
  module: import.meta.url,
  name: 'countHeads',
  run: ({ seed, count }) => {
    let state = seed >>> 0;
    let heads = 0;
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      heads += state >>> 31;
    }
    return heads;
  },
};

export const experiment = {
  name: 'coins',
  title: 'How often a coin shows heads',
  parameters: z.strictObject({
    coins: z.int().min(1).max(1000).default(4).describe('coins to flip'),
    flipsEach: z.array(z.int().min(1)).default([10, 20]).describe('flips of each'),
    fair: z.boolean().default(true).describe('whether'),
    stopAfter: z.int().min(0).default(0).describe('rows after which the run fails, 0 for never'),
  }),
  presets: { quick: {}, paper: { coins: 40 } },
  estimate: ({ coins }) => coins / 10,
  async run(lab) {
    const { coins, flipsEach, stopAfter } = lab.settings;
    const points = flipsEach.flatMap((count) => Array.from({ length: coins }, (_, coin) => ({ coin, count })));
    const left = points.slice(lab.results.rows(flips).length);
    lab.plan(left.length);
    const calls = left.map(({ coin, count }) =>
      lab.call(countHeads, { seed: lab.seedOf(`coin ${coin} ${count}`) % 2 ** 32, count }),
    );
    for (const [i, { coin, count }] of left.entries()) {
      lab.signal.throwIfAborted();
      const before = performance.now();
      lab.record(flips, { coin, count, heads: await calls[i] });
      lab.record(clock, { ms: performance.now() - before });
      lab.image(`coin-${coin}`, PIXEL);
      await lab.checkpoint('last', new Uint8Array([coin]));
      lab.advance(1, `coin ${coin}`);
      if (stopAfter > 0 && lab.results.rows(flips).length === stopAfter) throw new Error('the coin rolled away');
    }
  },
  summarise: (results) => ({ flips: results.rows(flips).length, heads: results.rows(flips).map(({ heads }) => heads) }),
  measure: (results) => ({ rows: results.rows(clock).length }),
  report: (results) => [
    {
      title: 'Heads',
      blocks: [
        { kind: 'table', caption: 'Heads', columns: [{ key: 'heads', label: 'Heads' }], rows: results.rows(flips) },
      ],
    },
  ],
};

/** A PNG of one pixel. */
const PIXEL = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (c) => c.charCodeAt(0),
);
