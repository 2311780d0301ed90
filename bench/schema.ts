import { z } from 'zod';

// What `npm run bench -- --json FILE` writes. Tables that were not requested are empty lists.

const keyEncoding = z.enum(['raw', 'jwk', 'der', 'portable']);
const ms = z.number().nonnegative();
const rate = z.number().positive();
const count = z.int().nonnegative();

const machineSchema = z.strictObject({
  cpu: z.string(),
  cores: z.int().positive(),
  memoryGB: z.number().positive(),
  os: z.string(),
  node: z.string(),
  openssl: z.string(),
  /** How X25519 and Ed25519 keys are passed to node:crypto on this release; `portable`: they are not. */
  keyImport: z.strictObject({ private: keyEncoding, public: keyEncoding }),
  /** Average over the minute before the run. */
  loadAverage: z.number().nonnegative(),
});

/** Bytes of 32-bit words that a kernel processes per second, in units of 10^9. */
const kernelSchema = z.strictObject({ name: z.string(), gbPerS: rate });

/** Operations per second. */
const operationSchema = z.strictObject({ name: z.string(), perS: rate });

const roundSchema = z.strictObject({
  n: z.int().min(2),
  /** Coordinates of the model. */
  d: z.int().positive(),
  /** Share of the members that drop after sharing keys and before their masked input. */
  drop: z.number().min(0).lt(1),
  graph: z.enum(['complete', 'ring']),
  /** Neighbours of a member, and shares needed to open a secret. */
  k: count,
  t: count,
  /** All states of a surviving client: the sum of the medians of its states. */
  clientMs: ms,
  /** All states of the server. */
  serverMs: ms,
  clientPhasesMs: z.record(z.string(), ms),
  /** They add up to `serverMs`, except `computingOneThread`: the same plan without the worker pool. */
  serverPhasesMs: z.record(z.string(), ms),
  /** For one surviving client: sent and received, every message of the round. */
  bytesUp: count,
  bytesDown: count,
  /** Of the process with the server's session and the simulated clients. */
  peakRssMB: z.number().positive(),
  /** Whether the sum was exact, bit for bit. */
  exact: z.boolean(),
  /** What Bonawitz et al. 2017 report for this n and drop at 10^5 entries on the complete graph. */
  paperClientMs: ms.nullable(),
  paperServerMs: ms.nullable(),
});

const trafficSchema = z.strictObject({
  n: count,
  d: count,
  graph: z.enum(['complete', 'ring']),
  k: count,
  inputBits: count,
  bytesUp: count,
  bytesDown: count,
  /** By the paper's formula for the complete graph, up and down. */
  paperBytes: count,
  /** All bytes relative to the formula's, and to the plaintext vector. */
  ofPaper: rate,
  ofPlain: rate,
});

const socketSchema = z.strictObject({
  clients: count,
  processes: count,
  d: count,
  graph: z.enum(['complete', 'ring']),
  k: count,
  t: count,
  /** Time until all clients were connected, and from then until the new model was ready. */
  connectMs: ms,
  wallMs: ms,
  statesMs: z.record(z.string(), ms),
  included: count,
  exact: z.boolean(),
  /** For all clients, every message of the round; models not counted. */
  bytesUp: count,
  bytesDown: count,
  coordinatorPeakRssMB: z.number().positive(),
  /** All client processes together. */
  clientsPeakRssMB: z.number().positive(),
  /** Delay of the coordinator's event loop: median, 99th percentile, and maximum. */
  loopDelayP50Ms: ms,
  loopDelayP99Ms: ms,
  loopDelayMaxMs: ms,
});

const trainingSchema = z.strictObject({ model: z.string(), batch: z.int().positive(), examplesPerS: rate });

const growthSchema = z.strictObject({
  party: z.enum(['client', 'server']),
  in: z.enum(['n', 'd']),
  graph: z.enum(['complete', 'ring']),
  /** ms ≈ factor · x^exponent, by least squares on logarithms; r2 is the fit's goodness. */
  exponent: z.number(),
  factor: z.number(),
  r2: z.number(),
  points: z.array(z.strictObject({ x: count, ms })),
});

const witnessSchema = z.strictObject({
  n: count,
  w: count,
  q: count,
  /** For one client: drawing the witnesses, and checking q signatures. */
  drawMs: ms,
  verifyMs: ms,
  /** Of the request for shares. */
  bytes: count,
  /** The same with the signatures of t neighbours, as before witnesses were introduced. */
  neighbours: count,
  neighboursMs: ms,
  neighboursBytes: count,
});

/** Units a second of a building block of private inference. */
const blockSchema = z.strictObject({ name: z.string(), perSecond: rate, unit: z.string() });

/** The JSON that a run writes. */
export const reportSchema = z.strictObject({
  machine: machineSchema,
  kernels: z.array(kernelSchema),
  operations: z.array(operationSchema),
  rounds: z.array(roundSchema),
  traffic: z.array(trafficSchema),
  sockets: z.array(socketSchema),
  training: z.array(trainingSchema),
  growth: z.array(growthSchema),
  witnesses: z.array(witnessSchema),
  mpc: z.array(blockSchema),
});

/** A whole run. */
export type BenchReport = z.infer<typeof reportSchema>;
/** The machine that it ran on. */
export type Machine = z.infer<typeof machineSchema>;
/** A kernel's speed. */
export type KernelSpeed = z.infer<typeof kernelSchema>;
/** An operation's speed. */
export type OperationSpeed = z.infer<typeof operationSchema>;
/** A round's cost. */
export type RoundCost = z.infer<typeof roundSchema>;
/** A client's bytes compared with the paper's formula. */
export type Traffic = z.infer<typeof trafficSchema>;
/** A round over sockets. */
export type SocketRound = z.infer<typeof socketSchema>;
/** A model's training speed. */
export type TrainingSpeed = z.infer<typeof trainingSchema>;
/** What checking the survivor set costs a client. */
export type WitnessCheck = z.infer<typeof witnessSchema>;
/** The speed of a building block of private inference. */
export type BlockSpeed = z.infer<typeof blockSchema>;
/** How a cost grows. */
export type Growth = z.infer<typeof growthSchema>;
