import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { DEFAULT_SUITE } from '../../protocol/crypto/index.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import { groupsSchema, type Registry, strategySchema } from '../../learning/index.ts';
import { privacySchema } from './privacy.ts';
import { limitsSchema } from './limits.ts';
import { strict } from './strict.ts';

/** Letters, digits and `. _ -`: a task's name is a file name and part of an address. */
const TASK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Threads that unmask: the maximum, and the maximum that are used by default; each has its own vector. */
const MAX_WORKERS = 64;
const DEFAULT_WORKERS = 8;

const MAX_ORIGINS = 1000;

const members = z.int().min(2).max(LIMITS.members);
const share = z.number().min(0).lt(1);
const scale = z.number().min(LIMITS.minScale).max(LIMITS.maxScale);
const bits = z.int();
const count = z.int().min(1).max(0x7fff_ffff);
const seconds = z.number().gt(0).max(86_400);

const modelSchema = strict({
  file: z.string().min(1).optional(),
  tensors: z.record(z.string(), z.array(z.int().min(1))).optional(),
  /**
   * Default: drawn when the task starts. Members that hold a survivor set of one model accept no other set for the same
   * values.
   */
  seed: z.int().min(0).max(0xffff_ffff).optional(),
}).superRefine((model, context) => {
  if ((model.file === undefined) === (model.tensors === undefined)) {
    context.addIssue({
      code: 'custom',
      message: 'expected either "file" (a safetensors file) or "tensors" (name → shape)',
    });
  } else if (model.tensors !== undefined && Object.keys(model.tensors).length === 0) {
    context.addIssue({ code: 'custom', path: ['tensors'], message: 'expected at least one tensor' });
  }
});

const deadlinesSchema = strict({
  advertiseKeys: seconds.default(120),
  shareKeys: seconds.default(30),
  maskedInput: seconds.default(60),
  consistencyCheck: seconds.default(30),
  unmasking: seconds.default(30),
});

/** Validates each new model against the previous one, on data that the coordinator holds. */
const checkSchema = strict({
  metric: z.enum(['loss', 'accuracy']),
  /** How much worse the metric may get, in its own units. */
  tolerance: z.number().min(0),
});

const trainingSchema = z.record(z.string(), z.json()).superRefine((training, context) => {
  const bytes = Buffer.byteLength(JSON.stringify(training));
  if (bytes > LIMITS.training) {
    context.addIssue({
      code: 'custom',
      message: `expected at most ${LIMITS.training} bytes of JSON, but it has ${bytes}`,
    });
  }
});

/**
 * One training job, as written in the file: derived fields may be missing.
 * @param registry - the strategies and rules that it may name
 */
export const taskSchema = (registry: Registry) =>
  strict({
    name: z.string().regex(TASK_NAME, { error: 'a name of at most 64 letters, digits, ".", "_" and "-"' }),
    model: modelSchema.optional(),
    rounds: count,
    cohort: members,
    quorum: members.optional(),
    quorumTimeout: z.number().min(0).max(604_800).default(0),
    /**
     * What a task does after that time: `wait` reports it and keeps waiting; `run` starts with the members present, if
     * they satisfy `minCohort`; `fail` ends the task.
     */
    afterQuorumTimeout: z.enum(['wait', 'run', 'fail']).default('wait'),
    overSelect: z.number().min(0).max(10).default(0.3),
    minCohort: members.optional(),
    adversary: z.enum(['active', 'curious']).default('active'),
    /** Whether any client may take part, without an identity: for parties that trust each other and the network. */
    unsafeOpenEnrolment: z.boolean().default(false),
    graph: z.enum(['auto', 'complete', 'ring']).default('auto'),
    colluding: share.default(0.25),
    dropout: share.default(0.1),
    threshold: z.int().min(0).max(LIMITS.members).default(0),
    inputBits: bits.min(2).max(31).default(16),
    modulusBits: bits.min(8).max(32).optional(),
    clip: scale.default(10),
    /** Maximum number of examples that one member counts for, which bounds its influence on a mean. */
    maxExamples: count.default(1_000_000),
    /** Maximum mean loss that a member reports, in absolute value. */
    lossBound: scale.default(2 ** 20),
    /** Tensors that no gradient changes, and the most that one member may change one of their values. */
    untrained: z.array(z.string().min(1)).max(LIMITS.untrained).optional(),
    untrainedBound: scale.default(2 ** 22),
    /**
     * Whether the scales are fitted to the data, within these bounds; the first attempt of a task then only measures.
     */
    scales: z.enum(['measured', 'fixed']).default('measured'),
    suite: z.literal([1, 2]).default(DEFAULT_SUITE),
    strategy: strategySchema(registry).default({ name: 'fedavg', learningRate: 1 }),
    groups: groupsSchema(registry).optional(),
    /** Differential privacy. All updates then have the same weight, and members report no metrics. */
    privacy: privacySchema.optional(),
    validation: checkSchema.optional(),
    training: trainingSchema.default({}),
    deadlines: deadlinesSchema.prefault({}),
    pause: z.number().min(0).max(86_400).default(0),
    retryPause: z.number().min(0).max(86_400).default(1),
    attempts: z.int().min(1).max(1_000_000).default(10),
    /** How often members are told to retrain from the same model after a rollback; clients allow two by default. */
    maxRepeats: z.int().min(0).max(255).default(2),
    /** Seconds to wait for the rest of an announced set, and attempts with it that may fail. */
    rebaseAfter: z.number().min(0).max(604_800).default(600),
    rebaseAttempts: z.int().min(1).max(1_000_000).default(3),
    /** Steps by which the model may then be moved before a round commits. */
    maxRebases: z.int().min(0).max(255).default(2),
    /** Attempts that a member is excluded from for spoiling one, doubled each time; 0: no member is excluded. */
    exclusionAttempts: z.int().min(0).max(1000).default(3),
    /** Minutes after which it is admitted again in any case, doubled each time: without it there may be no quorum. */
    exclusionMinutes: z.number().gt(0).max(10_080).default(10),
  });

const directorySchema = strict({
  file: z.string().min(1),
  authorityKey: z.string().regex(/^[0-9a-f]{64}$/, { error: '64 lower-case hex digits (an Ed25519 public key)' }),
});

/** An origin as browsers write it: scheme, host, and port if it is not the scheme's default, in lower case. */
const origin = z
  .string()
  .refine((text) => /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text, {
    error: 'an origin as browsers write it, such as "https://example.org" or "http://localhost:5173"',
  });

/** An address as users type it, such as `https://example.org/cairn`. */
const address = z
  .string()
  .max(LIMITS.text)
  .refine((text) => /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(text) && URL.canParse(text), {
    error: 'expected an address that clients can join, such as "https://example.org" or "https://example.org/cairn"',
  });

/**
 * A coordinator's configuration, as written in the file.
 * @param registry - the strategies and rules that its tasks may name
 */
export const configSchema = (registry: Registry) =>
  strict({
    host: z.string().min(1).default('127.0.0.1'),
    /** PEM files of the certificate chain and its private key, for TLS without a proxy. */
    tlsCert: z.string().min(1).optional(),
    tlsKey: z.string().min(1).optional(),
    /** Whether connections with other machines may go without TLS. */
    unsafePlainHttp: z.boolean().default(false),
    port: z.int().min(0).max(65_535).default(8080),
    dataDir: z.string().min(1).default('.cairn/coordinator'),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    reconnectGraceMs: z.int().min(0).max(600_000).default(3000),
    workers: z
      .int()
      .min(0)
      .max(MAX_WORKERS)
      .default(() => Math.min(DEFAULT_WORKERS, availableParallelism())),
    /** Other origins whose pages may join and read models; a page from the coordinator's own address always may. */
    allowedOrigins: z.array(origin).max(MAX_ORIGINS).default([]),
    /** Addresses by which clients know the coordinator, if it listens on others, as behind a proxy. */
    publicUrls: z.array(address).max(MAX_ORIGINS).default([]),
    /**
     * Proxies in front of the coordinator. Each adds the address that it was called from to `X-Forwarded-For`, and only
     * the entry of the outermost of them is believed. With 0 the header is ignored, and all clients behind a proxy
     * count as one address.
     */
    trustProxy: z.int().min(0).max(8).default(0),
    limits: limitsSchema.prefault({}),
    directory: directorySchema.optional(),
    tasks: z.array(taskSchema(registry)).min(1).max(LIMITS.tasks),
  });

/** A task as parsed by its schema, before derived fields are filled in. */
export type ParsedTask = z.infer<ReturnType<typeof taskSchema>>;

/** A configuration as parsed by its schema. */
export type ParsedConfig = z.infer<ReturnType<typeof configSchema>>;
