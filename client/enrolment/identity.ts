import { z } from 'zod';
import { fromHex, identityFrom, type KeyPair, type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import { fieldIssue } from './field-issue.ts';

/** What a member holds: who it is, the key that speaks for it, and the authority whose directory it believes. */
export interface Identity {
  /** Member id: a 32-bit unsigned number. */
  readonly member: number;
  /** Name for people. */
  readonly name: string;
  /** Ed25519 keys; the secret is the seed. The owner wipes it. */
  readonly keys: KeyPair;
  /** The authority's Ed25519 public key: 32 bytes. */
  readonly authorityKey: Uint8Array;
  /** Whether a file remembers its rounds: then one that is missing has been lost. Absent: none was written yet. */
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

/** What is to be done about an identity file that is cut or changed: nobody can make the same one again. */
const HINT =
  'restore the very file from a copy; if it is lost, make a new identity (cairn enrol request NAME) and have the authority certify it';

/**
 * Reads the text of an identity file. Messages name fields, and never show what stands in them, nor a parser's own words.
 * @param path the file that it comes from, for messages
 * @throws CairnError `config-invalid`
 */
export function parseIdentity(primitives: Primitives, text: string, path = 'identity'): Identity {
  const value = readJson(text, path, { code: 'config-invalid', hint: HINT });
  const parsed = format.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CairnError('config-invalid', `${path} is no identity file: ${fieldIssue(issue!, value)}`, {
      hint: isRequest(value)
        ? 'this is the request, for the authority; the identity file is the one that was written beside it'
        : HINT,
    });
  }
  const { member, name, seed, authorityKey, rounds } = parsed.data;
  const secret = fromHex(seed);
  const keys = identityFrom(primitives, secret);
  secret.fill(0);
  return { member, name, keys, authorityKey: fromHex(authorityKey), ...(rounds === undefined ? {} : { rounds }) };
}

/** Whether somebody has named the file beside it, which is the one that is sent around. */
const isRequest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'enrolment request';
