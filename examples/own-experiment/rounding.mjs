// What does rounding cost? Updates go through real rounds of secure aggregation, quantized to various numbers of bits,
// and the sum is compared with the plaintext sum. Run it in a clone of the repository with
//
//   npx cairn simulate ./examples/own-experiment/rounding.mjs --clients 20
//
// and where the package is installed by its path in there: ./node_modules/cairn-fl/examples/own-experiment/rounding.mjs
import { createAggregator, defineExperiment, memberId, Series } from 'cairn-fl/simulations';
import { z } from 'zod';

/** Results of the rounds: one row each, in data/errors.csv and data/errors.jsonl. */
const errors = new Series('errors');

/** Timings of the rounds: never part of summary.json. */
const clocks = new Series('clocks', 'timings');

/** Updates of `clients` members: uniform in a cube that fits inside the clip. */
function updatesOf(lab, bits, repeat) {
  const { clients, dim, clip } = lab.settings;
  const random = lab.randomOf(`updates ${bits} ${repeat}`);
  const updates = new Map();
  for (let i = 1; i <= clients; i++) {
    const words = new Uint32Array(random(4 * dim).buffer);
    const scale = (2 * clip) / Math.sqrt(dim) / 2 ** 32;
    updates.set(
      memberId(i),
      Float32Array.from(words, (word) => word * scale - clip / Math.sqrt(dim)),
    );
  }
  return updates;
}

export default defineExperiment({
  name: 'rounding',
  title: 'Error that quantization adds to a secure sum, by bits',

  parameters: z.strictObject({
    clients: z.int().min(2).max(500).default(10).describe('members of a round'),
    dim: z.int().min(1).max(100_000).default(1000).describe('parameters of the model'),
    bits: z.array(z.int().min(4).max(24)).min(1).default([8, 12, 16, 20]).describe('bits of a quantized value'),
    clip: z.number().positive().default(1).describe('maximum norm of an update'),
    repeats: z.int().min(1).default(5).describe('rounds for each number of bits'),
  }),
  presets: { quick: {}, paper: { clients: 100, dim: 10_000, repeats: 20 } },

  estimate: ({ clients, dim, bits, repeats }) =>
    bits.length * repeats * (0.05 + clients * (0.004 + clients * dim * 1.5e-9)),

  run: async (lab) => {
    const { bits, repeats, dim, clip } = lab.settings;
    const { primitives } = lab;
    const rounds = bits.flatMap((width) => Array.from({ length: repeats }, (_, repeat) => ({ width, repeat })));
    // A resumed run finds its earlier rows here, and continues after them.
    const left = rounds.slice(lab.results.rows(errors).length);
    lab.plan(left.length);
    for (const { width, repeat } of left) {
      lab.signal.throwIfAborted();
      const updates = updatesOf(lab, width, repeat);
      const random = lab.randomOf(`round ${width} ${repeat}`);
      const common = { primitives, random, dimension: dim, clip, settings: { inputBits: width } };
      const began = performance.now();
      const secure = createAggregator({ ...common, mode: 'secure' }).sum(updates);
      lab.record(clocks, { bits: width, ms: performance.now() - began });
      const { sum } = createAggregator({ ...common, mode: 'plain' }).sum(updates);
      let square = 0;
      let greatest = 0;
      for (let j = 0; j < dim; j++) {
        const error = Math.abs(secure.sum[j] - sum[j]);
        square += error * error;
        greatest = Math.max(greatest, error);
      }
      lab.record(errors, { bits: width, repeat, rms: Math.sqrt(square / dim), greatest, bytesUp: secure.bytesUp });
      lab.advance(1, `${width} bits`);
      await new Promise((resolve) => setImmediate(resolve)); // so that Ctrl-C is handled
    }
  },

  summarise: (results) => ({
    rms: Object.fromEntries(results.settings.bits.map((bits) => [bits, meanOf(results, bits)])),
  }),

  report: (results) => [
    {
      title: 'Error of the sum',
      blocks: [
        {
          kind: 'chart',
          caption: 'Each additional bit halves the error: the line is straight on the logarithmic axis.',
          x: { label: 'bits of a quantized value' },
          y: { label: 'root mean square error of a coordinate', scale: 'log' },
          lines: [
            {
              label: 'secure sum compared with the plain one',
              points: results.settings.bits.map((bits) => ({ x: bits, y: meanOf(results, bits) })),
            },
          ],
          data: ['errors'],
        },
      ],
    },
  ],
});

/** Mean over the rounds with a number of bits; 0 if none has run yet. */
function meanOf(results, bits) {
  const rows = results.rows(errors).filter((row) => row.bits === bits);
  return rows.reduce((sum, { rms }) => sum + rms, 0) / Math.max(1, rows.length);
}
