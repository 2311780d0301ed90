import { z } from 'zod';
import { configError } from '../../protocol/issues.ts';
import { CairnError } from '../../protocol/errors.ts';
import { distributionSchema } from './distribution.ts';
import { COLLECTING_STATES } from '../../protocol/rounds/index.ts';

const state = z.enum(COLLECTING_STATES);
const share = z.number().min(0).max(1);

/** Members that a fault hits: named ones, a share of all, or each with a probability; all by default. */
const who = {
  members: z.array(z.int().min(0).max(0xffff_ffff)).optional(),
  share: share.optional(),
  probability: share.optional(),
};

/** Which of their messages it hits: all by default. */
const which = {
  /** Messages that belong to this state. */
  state: state.optional(),
  /** `up`: from the member to the coordinator. */
  direction: z.enum(['up', 'down']).optional(),
};

const FAULTS = {
  /** The member dies just before it would send the message of a state. */
  drop: z.strictObject({
    kind: z.literal('drop'),
    ...who,
    /** `any`: in one state, all equally likely. `each`: drawn again in every state. */
    state: z.enum([...COLLECTING_STATES, 'any', 'each']).default('masked-input'),
    /** How the coordinator notices: the connection ends, or nothing arrives until the deadline. */
    noticed: z.enum(['connection', 'deadline']).default('connection'),
  }),
  /** Messages take longer; later ones on the same connection wait. */
  delay: z.strictObject({ kind: z.literal('delay'), ...who, ...which, seconds: distributionSchema }),
  /** Messages are held up while others of the same connection overtake them. */
  reorder: z.strictObject({ kind: z.literal('reorder'), ...who, ...which, within: distributionSchema }),
  /** Messages arrive more than once. */
  duplicate: z.strictObject({
    kind: z.literal('duplicate'),
    ...who,
    ...which,
    copies: z.int().min(1).max(10).default(1),
    /** Time after the first. Copies of vectors are kept that long. */
    after: distributionSchema.default(0),
  }),
  /** Messages arrive with different bytes than were sent. */
  corrupt: z.strictObject({
    kind: z.literal('corrupt'),
    ...who,
    ...which,
    /** Bits flipped, the end cut off, or all bytes replaced by random ones. */
    how: z.enum(['flip', 'truncate', 'foreign']).default('flip'),
    bits: z.int().min(1).max(1_000_000).default(1),
    /**
     * Where bits are flipped: in the frame, which every receiver checks, or in the payload after it. The masked words
     * and shares there have no redundancy: a flipped bit is a different value, which only the transport's integrity
     * (TLS) detects.
     */
    part: z.enum(['frame', 'payload']).default('frame'),
  }),
  /** Members lose their connection repeatedly, and come back; unanswered messages are then sent again. */
  flapping: z.strictObject({
    kind: z.literal('flapping'),
    ...who,
    away: distributionSchema,
    between: distributionSchema,
  }),
  /** A group is unreachable for a while, from a given time after the beginning of a state. */
  partition: z.strictObject({
    kind: z.literal('partition'),
    ...who,
    state,
    after: distributionSchema.default(0),
    seconds: distributionSchema,
  }),
  /** The coordinator abandons the round, a given time after the beginning of a state. */
  abandon: z.strictObject({ kind: z.literal('abandon'), state, after: distributionSchema.default(0) }),
} as const;

const faultSchema = z
  .discriminatedUnion('kind', [
    FAULTS.drop,
    FAULTS.delay,
    FAULTS.reorder,
    FAULTS.duplicate,
    FAULTS.corrupt,
    FAULTS.flapping,
    FAULTS.partition,
    FAULTS.abandon,
  ])
  .superRefine((fault, context) => {
    if (fault.kind === 'abandon') return;
    const named = (['members', 'share', 'probability'] as const).filter((key) => fault[key] !== undefined);
    if (named.length > 1)
      context.addIssue({ code: 'custom', path: [named[1]!], message: `cannot be combined with "${named[0]}"` });
    if (fault.kind === 'drop' && fault.state === 'each' && fault.probability === undefined)
      context.addIssue({ code: 'custom', path: ['state'], message: '"each" needs a "probability"' });
  });

const faultScriptSchema = z.array(faultSchema);

/** One complete line of a script. */
export type Fault = z.output<typeof faultSchema>;

/** The kinds of faults. */
export type FaultKind = Fault['kind'];

/**
 * A script as written: fields with defaults may be omitted.
 * @internal Tests write scripts in the program's own language; users' scripts come from files.
 */
export type FaultScript = z.input<typeof faultScriptSchema>;

/**
 * Reads a script.
 * @throws CairnError `settings-invalid` naming the place, what was expected and what was received
 */
export function readFaults(script: unknown): Fault[] {
  const parsed = faultScriptSchema.safeParse(script);
  if (parsed.success) return parsed.data;
  const cause = configError(parsed.error.issues, script);
  throw new CairnError('settings-invalid', `faults${cause.message.startsWith('[') ? '' : ': '}${cause.message}`, {
    hint: 'correct the script; docs/experiments.md lists every kind of fault',
    cause,
  });
}
