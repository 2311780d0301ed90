import { z } from 'zod';

// What `npm run bench -- --json FILE` writes. Tables that were not asked for are empty lists.

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
  /** How X25519 and Ed25519 keys go into node:crypto on this release; `portable`: they do not. */
  keyImport: z.strictObject({ private: keyEncoding, public: keyEncoding }),
  /** Over the last minute before the run. */
  loadAverage: z.number().nonnegative(),
});

/** Bytes of 32-bit words that a kernel has worked off in a second, in units of 10^9. */
const kernelSchema = z.strictObject({ name: z.string(), gbPerS: rate });

/** Operations a second. */
const operationSchema = z.strictObject({ name: z.string(), perS: rate });

const roundSchema = z.strictObject({
  n: z.int().min(2),
  /** Coordinates of the model. */
  d: z.int().positive(),
  /** Share of the members that drop after sharing keys and before their masked input. */
  drop: z.number().min(0).lt(1),
  graph: z.enum(['complete', 'ring']),
  /** Neighbours of a member, and shares that open a secret. */
  k: count,
  t: count,
  /** All states of a client that stays: the sum of the medians of its states. */
  clientMs: ms,
  /** All states of the server. */
  serverMs: ms,
  clientPhasesMs: z.record(z.string(), ms),
  /** They add up to `serverMs`, but for `computingOneThread`: the same plan without the worker pool. */
  serverPhasesMs: z.record(z.string(), ms),
  /** Of one client that stayed: sent and received, every message of the round. */
  bytesUp: count,
  bytesDown: count,
  /** Of the process that holds the server's session and the simulated clients. */
  peakRssMB: z.number().positive(),
  /** Whether the sum was right in every bit. */
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
  /** All bytes against the formula's, and against the vector in clear. */
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
  /** Until all clients were connected, and from then on until the new model was there. */
  connectMs: ms,
  wallMs: ms,
  statesMs: z.record(z.string(), ms),
  included: count,
  exact: z.boolean(),
  /** Of all clients, every message of the round; models not counted. */
  bytesUp: count,
  bytesDown: count,
  coordinatorPeakRssMB: z.number().positive(),
  /** All client processes together. */
  clientsPeakRssMB: z.number().positive(),
  /** How long the coordinator's event loop was late: median, 99th percentile, and the worst. */
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
  /** Of one client: the draw of the witnesses, and the check of q signatures. */
  drawMs: ms,
  verifyMs: ms,
  /** Of the request for shares. */
  bytes: count,
  /** The same with the signatures of t neighbours, as it was before there were witnesses. */
  neighbours: count,
  neighboursMs: ms,
  neighboursBytes: count,
});

/** The JSON that a run leaves. */
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
});

/** A whole run. */
export type BenchReport = z.infer<typeof reportSchema>;
/** What it ran on. */
export type Machine = z.infer<typeof machineSchema>;
/** A kernel's speed. */
export type KernelSpeed = z.infer<typeof kernelSchema>;
/** An operation's speed. */
export type OperationSpeed = z.infer<typeof operationSchema>;
/** A round's cost. */
export type RoundCost = z.infer<typeof roundSchema>;
/** A client's bytes against the paper's formula. */
export type Traffic = z.infer<typeof trafficSchema>;
/** A round over sockets. */
export type SocketRound = z.infer<typeof socketSchema>;
/** A model's training speed. */
export type TrainingSpeed = z.infer<typeof trainingSchema>;
/** What the check of the survivor set costs a client. */
export type WitnessCheck = z.infer<typeof witnessSchema>;
/** How a cost grows. */
export type Growth = z.infer<typeof growthSchema>;
