import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { fromHex, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';

/**
 * The texts that steer a session between who asks and who answers, as JSON. What the parties of a computation send each
 * other is binary and has no further format: its lengths follow from the plan. Everything here is public to both.
 */

/** Version of these messages. */
export const SESSION_VERSION = 1;

const hex = (bytes: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)));
const name = z.string().check(z.minLength(1), z.maxLength(100));
const whole = z.int().check(z.minimum(0), z.maximum(0xffff_ffff));
const batch = z.int().check(z.minimum(1), z.maximum(65_536));

const dealing = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), url: z.string().check(z.maxLength(1000)) }),
  z.strictObject({ kind: z.literal('file'), pair: hex(16), batch }),
  z.strictObject({ kind: z.literal('transfers') }),
]);

const offer = z.strictObject({
  kind: z.literal('offer'),
  version: z.literal(SESSION_VERSION),
  system: z.string().check(z.maxLength(30)),
  name,
  /** The plan in its canonical encoding, base64. */
  plan: z.base64().check(z.maxLength(1 << 20)),
  maxBatch: batch,
  /** What a member signs, so that a signature serves for one connection. */
  challenge: hex(32),
  access: z.enum(['open', 'members']),
  dealing,
  /** What the second of two servers is to be asked at, if there are two. */
  role: z.enum(['owner', 'a', 'b']),
});

const begin = z.strictObject({
  kind: z.literal('begin'),
  planHash: hex(32),
  /** Names the computation to the dealer and between two servers; random. */
  session: hex(16),
  batch,
  identity: z.nullable(z.strictObject({ member: whole, signature: hex(64) })),
  /** The first piece of the dealer's file that this side has not used; null without a file. */
  next: z.nullable(whole),
});

const ready = z.strictObject({
  kind: z.literal('ready'),
  /** Rows that this asker may still ask for after these; null for no bound. */
  left: z.nullable(whole),
  /** The piece of the dealer's file that this computation takes; null if there is no file. */
  piece: z.nullable(whole),
});

/** One of two servers introduces itself to the other. */
const meet = z.strictObject({ kind: z.literal('meet'), link: hex(16), role: z.enum(['a', 'b']), challenge: hex(32) });

const proof = z.strictObject({ kind: z.literal('proof'), proof: hex(32) });

/** Server a tells b which computation comes next. */
const run = z.strictObject({
  kind: z.literal('run'),
  session: hex(16),
  batch,
  /** The first piece of its dealer's file that a has not used; null without a file. */
  next: z.nullable(whole),
});

/** Server b is ready for it. */
const go = z.strictObject({ kind: z.literal('go'), piece: z.nullable(whole) });

/** What is answered, by which plan, to whom: the first text of a session, from the side that answers. */
export type Offer = z.infer<typeof offer>;
/** Asks for one computation. */
export type Begin = z.infer<typeof begin>;
/** Where correlated randomness comes from. */
export type Dealing = z.infer<typeof dealing>;

/** The small zod that pages load has no words of its own for what is wrong. */
const WORDS = en().localeError;

/** Characters of a peer's words that an error repeats. */
const MAX_QUOTED = 200;

const FORMATS = { offer, begin, ready, meet, proof, run, go } as const;

/**
 * Reads a text of a session.
 * @throws CairnError `wire-not-canonical` for what is not such a text, naming the field
 */
export function readText<Kind extends keyof typeof FORMATS>(kind: Kind, text: string): z.infer<(typeof FORMATS)[Kind]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CairnError('wire-not-canonical', `the message "${kind}" is not JSON`, { cause });
  }
  const parsed = FORMATS[kind].safeParse(value, { error: WORDS });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const where = path.length === 0 ? '' : ` at ${path.join('.')}`;
    throw new CairnError(
      'wire-not-canonical',
      `the message "${kind}" is malformed${shortened(where)}: ${shortened(message)}`,
    );
  }
  return parsed.data as z.infer<(typeof FORMATS)[Kind]>;
}

/** What a peer may have written, such as the name of a field that is none: printable, and no longer than a line. */
const shortened = (text: string): string =>
  printable(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);

/** The hex text of bytes in a message, read. */
export const bytesOf = (text: string): Uint8Array => fromHex(text);

/** Bytes as they stand in a message. */
export const textOf = (bytes: Uint8Array): string => toHex(bytes);
