import { z } from 'zod';
import { fromHex, identityFrom, type KeyPair, type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import { fieldIssue } from './field-issue.ts';

/** What a member holds: its id and name, its identity key, and the key of the authority whose directory it trusts. */
export interface Identity {
  /** Member id: a 32-bit unsigned number. */
  readonly member: number;
  /** Human-readable name. */
  readonly name: string;
  /** Ed25519 keys; the secret is the seed. The owner wipes it. */
  readonly keys: KeyPair;
  /** The authority's Ed25519 public key: 32 bytes. */
  readonly authorityKey: Uint8Array;
  /** Whether a file remembers its rounds: then a missing one has been lost. Absent: none has been written yet. */
  readonly rounds?: boolean;
}

const key = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const format = z.strictObject({
  member: z.int().min(0).max(0xffff_ffff),
  name: z.string().max(LIMITS.name),
  seed: key,
  authorityKey: key,
  rounds: z.boolean().exactOptional(),
});

/** The text of an identity file: JSON. It holds the secret seed in clear. */
export function unsafeIdentityText({ member, name, keys, authorityKey, rounds }: Identity): string {
  const seed = toHex(keys.secretKey.expose());
  const fields = { member, name, seed, authorityKey: toHex(authorityKey), ...(rounds === undefined ? {} : { rounds }) };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** What to do about a truncated or changed identity file: the same one cannot be made again. */
const HINT =
  'restore the same file from a copy; if it is lost, make a new identity (cairn enrol request NAME) and have the authority certify it';

/**
 * Reads the text of an identity file. Messages name fields, and never show their values or a parser's own message.
 * @param path the file it comes from, for messages
 * @throws CairnError `config-invalid`
 */
export function parseIdentity(primitives: Primitives, text: string, path = 'identity'): Identity {
  const value = readJson(text, path, { code: 'config-invalid', hint: HINT });
  const parsed = format.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CairnError('config-invalid', `${path} is not an identity file: ${fieldIssue(issue!, value)}`, {
      hint: isRequest(value) ? 'this is the request, for the authority; the identity file was written beside it' : HINT,
    });
  }
  const { member, name, seed, authorityKey, rounds } = parsed.data;
  const secret = fromHex(seed);
  const keys = identityFrom(primitives, secret);
  secret.fill(0);
  return { member, name, keys, authorityKey: fromHex(authorityKey), ...(rounds === undefined ? {} : { rounds }) };
}

/** Whether this is the enrolment request instead, the file beside it that is meant to be sent. */
const isRequest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'enrolment request';
