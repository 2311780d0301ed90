import type { Block, BlockOf, Section } from '../../../simulations/report/blocks.ts';
import type { Report } from '../../../simulations/report/html.ts';
import { imageGrid } from '../../../simulations/report/png.ts';

/** Round pictures that differ from one another, as 28 × 28 greyscale values. */
function blobs(count: number, sharpness = 1): Float32Array {
  const images = new Float32Array(count * 28 * 28);
  for (let index = 0; index < images.length; index++) {
    const picture = Math.floor(index / 784);
    const y = Math.floor((index % 784) / 28) - 13.5;
    const x = (index % 28) - 13.5;
    const radius = Math.hypot(x * (1 + (picture % 3) * 0.4), y) - 6 - (picture % 4);
    images[index] = 1 / (1 + Math.exp(Math.abs(radius) * sharpness * 2 - 3));
  }
  return images;
}

const xs = [100, 200, 300, 400, 500, 1000];

/** Server's time by number of clients, as the paper's table has it, with lines that end at the right edge. */
export const serverTimes: BlockOf<'chart'> = {
  kind: 'chart',
  caption:
    'The server’s work grows with the square of the cohort where clients drop out, and hardly at all where none does: it is the masks of the dropped that must be expanded.',
  x: { label: 'Clients', scale: 'log' },
  y: { label: 'Server’s computation per round (s)', scale: 'log' },
  lines: [
    { label: '30 % dropped', points: xs.map((x) => ({ x, y: 1.3e-5 * x * x })) },
    { label: '0 % dropped', points: xs.map((x) => ({ x, y: 1.2e-3 * x })) },
    {
      label: '30 % dropped',
      source: 'paper',
      points: [
        { x: 500, y: 143.389 },
        { x: 1000, y: 413.767 },
      ],
    },
    {
      label: '0 % dropped',
      source: 'paper',
      points: [
        { x: 500, y: 2.018 },
        { x: 1000, y: 4.887 },
      ],
    },
  ],
  data: ['server-times'],
};

/** Accuracy by round: long lines with a spread, a level of the paper's, lines that end close together. */
export const accuracy: BlockOf<'chart'> = {
  kind: 'chart',
  caption:
    'Accuracy on held-out images. Even a hundredth of the parameters per upload comes close to training on all data in one place; the shade is the spread over five seeds.',
  x: { label: 'Round' },
  y: { label: 'Test accuracy' },
  lines: [0.96, 0.9, 0.78].map((end, line) => ({
    label: ['θ = 1', 'θ = 0.1', 'alone'][line]!,
    points: Array.from({ length: 80 }, (_, round) => {
      const y = end - (end - 0.1) * Math.exp(-round / (8 + 5 * line)) + 0.006 * Math.sin(round * (line + 1.7));
      return { x: round + 1, y, low: y - 0.02 - line * 0.005, high: y + 0.02 };
    }),
  })),
  levels: [{ y: 0.9917, label: 'paper, centralised: 0.9917' }],
  data: ['accuracy', 'not-written'],
};

/** Grouped bars with whiskers over categories, and the paper's values as hollow symbols. */
export const bars: BlockOf<'chart'> = {
  kind: 'chart',
  caption: 'Accuracy of three orders of taking part, with the values of the paper (hollow) where it reports them.',
  x: { label: 'Order', scale: 'category' },
  y: { label: 'Accuracy (%)' },
  lines: [
    {
      label: 'MNIST',
      style: 'bars',
      points: [
        { x: 'round robin', y: 98.9, low: 98.2, high: 99.3 },
        { x: 'random order', y: 98.1, low: 97.5, high: 98.7 },
        { x: 'asynchronous', y: 97.7, low: 96.1, high: 98.9 },
      ],
    },
    {
      label: 'Fashion-MNIST',
      style: 'bars',
      points: [
        { x: 'round robin', y: 88.2, low: 87, high: 89.4 },
        { x: 'random order', y: 86.9, low: 85, high: 88 },
        { x: 'asynchronous', y: 85.2, low: 82, high: 87 },
      ],
    },
    { label: 'MNIST', style: 'dots', source: 'paper', points: [{ x: 'round robin', y: 99.14 }] },
  ],
};

/** Eight clouds and a log axis, one of its points at zero. */
export const clouds: BlockOf<'chart'> = {
  kind: 'chart',
  caption: 'Reconstruction error against noise: where the noise ends, the pictures come back.',
  x: { label: 'Noise multiplier' },
  y: { label: 'Mean squared error', scale: 'log' },
  lines: Array.from({ length: 8 }, (_, line) => ({
    label: `class ${line}`,
    style: 'dots' as const,
    points: Array.from({ length: 12 }, (_, index) => ({
      x: index / 10,
      y: index === 0 && line === 3 ? 0 : 1e-5 * 4 ** index * (1 + line * 0.35),
    })),
  })),
};

/** Long categories, bars without spread. */
const longCategories: BlockOf<'chart'> = {
  kind: 'chart',
  caption: 'What honest clients refused, by the code of the refusal. No attempt got through.',
  x: { label: 'Code', scale: 'category' },
  y: { label: 'Refusals' },
  lines: [
    {
      label: 'refused',
      style: 'bars',
      points: [
        'consistency-split',
        'identity-signature',
        'key-duplicate',
        'own-key-altered',
        'roster-not-neighbours',
        'share-undecryptable',
        'threshold-unsound',
        'unmask-twice',
      ].map((x, index) => ({ x, y: 12 + ((index * 37) % 90) })),
    },
  ],
};

/** Words with everything that HTML treats specially. */
export const NASTY = `<script>alert("x")</script> & 'quotes' <img src=x onerror=alert(1)>`;

const table: Block = {
  kind: 'table',
  caption: 'Members, degree and threshold, as the parameter finder gives them.',
  columns: [
    { key: 'class', label: 'Adversary' },
    { key: 'n', label: 'Clients' },
    { key: 'k', label: 'Neighbours' },
    { key: 't', label: 'Threshold' },
    { key: 'share', label: 'Dropped', percent: true },
    { key: 'seconds', label: 'Seconds', digits: 2 },
    { key: 'expansions', label: 'Masks expanded' },
    { key: 'ok', label: 'Sum opened' },
  ],
  rows: [
    { class: 'curious', n: 100, k: 34, t: 11, share: 0.3, seconds: 0.241, expansions: 1070, ok: true },
    { class: 'curious', n: 1000, k: 88, t: 36, share: 0.3, seconds: 2.4, expansions: 19180, ok: true },
    { class: 'active', n: 1000, k: 194, t: 124, share: 0.3, seconds: 5.128, expansions: 87640, ok: true },
    { class: 'active', n: 10000, k: 280, t: 180, share: 0.45, seconds: null, expansions: 1.26e6, ok: false },
  ],
  data: ['parameters'],
};

/** Sections with every kind of block. */
export const sections: readonly Section[] = [
  {
    title: 'What was asked',
    blocks: [
      {
        kind: 'text',
        text: 'The paper adds clients one by one and lets a share of them drop out after they have shared their keys, which is the worst case: `masked-input` never comes, and the server must rebuild each pair mask of those who left.\n\nWe run the same sessions, client and server alike, in one process.',
      },
      {
        kind: 'facts',
        caption: 'The setting',
        facts: [
          ['Entries', 100000],
          ['Modulus', '2²⁴'],
          ['Signatures', true],
          ['Colluding', null],
        ],
      },
    ],
  },
  { title: 'Time', blocks: [serverTimes, table, longCategories] },
  { title: 'Learning', blocks: [accuracy, bars, clouds] },
  {
    title: 'What leaks',
    blocks: [
      {
        kind: 'images',
        caption: 'What the adversary’s generator draws for a class it never saw, after 10, 40 and 160 rounds.',
        images: [
          { name: 'epoch-10', label: 'after 10 rounds' },
          { name: 'epoch-40', label: 'after 40 rounds' },
          { name: 'epoch-160', label: 'after 160 rounds' },
          { name: 'never-made', label: 'after 640 rounds' },
        ],
      },
      { kind: 'images', caption: 'All ten classes.', images: [{ name: 'wide', label: 'One row for each seed' }] },
    ],
  },
  {
    title: 'Nothing yet',
    blocks: [
      {
        kind: 'chart',
        caption: 'An empty chart.',
        x: { label: 'x' },
        y: { label: 'y' },
        lines: [{ label: 'a', points: [] }],
      },
      { kind: 'table', caption: 'An empty table.', columns: [{ key: 'a', label: 'A' }], rows: [] },
      { kind: 'images', caption: 'No images.', images: [] },
      { kind: 'facts', facts: [] },
      { kind: 'text', text: NASTY },
    ],
  },
];

/** A report with every kind of block, as a run would give it. */
export function sampleReport(changes: Partial<Report> = {}): Report {
  const grid = (count: number, perRow: number, sharpness: number) =>
    imageGrid({ images: blobs(count, sharpness), count, rows: 28, columns: 28, perRow });
  return {
    title: 'What dropouts cost a round of secure aggregation',
    lead: [
      'Clients that leave after sharing their keys are what makes a round of secure aggregation slow. With ChaCha12 in wasm the whole of the paper’s table runs in minutes, with the same shape.',
    ],
    experiment: 'dropout',
    settings: {
      clients: [100, 500, 1000],
      dropped: [0, 0.1, 0.3],
      entries: 100000,
      graph: 'complete',
      adversary: 'curious',
    },
    seed: 20170101,
    preset: 'paper',
    version: '0.1.0',
    node: 'v20.19.0',
    started: '2025-05-04 10:00 UTC',
    command: 'cairn simulate dropout --preset paper --seed 20170101 --set clients=100,500,1000 --out runs/dropout',
    interrupted: false,
    sections,
    images: new Map([
      ['epoch-10', grid(16, 4, 0.1)],
      ['epoch-40', grid(16, 4, 0.4)],
      ['epoch-160', grid(16, 4, 1.2)],
      ['wide', grid(40, 10, 1)],
    ]),
    data: ['server-times', 'accuracy', 'parameters'],
    ...changes,
  };
}
