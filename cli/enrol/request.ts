import { z } from 'zod';
import { fromHex, type KeyPair, LABELS, toHex, transcript, u32le, utf8 } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readTextIfThere } from '../../platform/index.ts';
import { readJson } from '../../protocol/json.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { fieldIssue } from '../../client/enrolment/index.ts';
import { nameSchema } from './names.ts';

/** What a member asks an authority to certify. */
export interface EnrolmentRequest {
  readonly member: MemberId;
  readonly name: string;
  readonly identityKey: Uint8Array;
}

const key = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const format = z.strictObject({
  kind: z.literal('enrolment request'),
  member: z.int().min(0).max(0xffff_ffff),
  name: nameSchema,
  identityKey: key,
  signature: z.string().regex(/^[0-9a-f]{128}$/, 'must be 128 lower-case hex digits'),
});

/** What the member's key signs: that its holder requests this id and name from this authority, and from no other. */
function requested(authorityKey: Uint8Array, { member, name, identityKey }: EnrolmentRequest): Uint8Array {
  return transcript(nodePrimitives, LABELS.signRequest, authorityKey, u32le(member), utf8(name), identityKey);
}

/** The text of a request file: JSON, without secrets. */
export function requestText(authorityKey: Uint8Array, member: MemberId, name: string, keys: KeyPair): string {
  const request = { member, name, identityKey: keys.publicKey };
  const signature = nodePrimitives.ed25519Sign(keys.secretKey.expose(), requested(authorityKey, request));
  const identityKey = toHex(keys.publicKey);
  return `${JSON.stringify({ kind: 'enrolment request', member, name, identityKey, signature: toHex(signature) }, null, 2)}\n`;
}

/**
 * Reads a request file, and checks that its author holds the key, and meant this authority: no member can be enrolled
 * under another's key.
 * @throws CairnError `config-unreadable`, `config-invalid`, `identity-signature`
 */
export async function readRequest(authorityKey: Uint8Array, path: string): Promise<EnrolmentRequest> {
  const hint =
    'a request is created with cairn enrol request NAME, on the member’s own machine; ask the member to send it again';
  const text = await readTextIfThere(path, (cause) => {
    const said = `${path} cannot be read (${cause.code ?? 'unknown reason'})`;
    return new CairnError('config-unreadable', said, { cause, hint });
  });
  if (text === undefined) throw new CairnError('config-unreadable', `request ${path} does not exist`, { hint });
  const value = readJson(text, path, { hint });
  const parsed = format.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CairnError('config-invalid', `${path} is not an enrolment request: ${fieldIssue(issue!, value)}`, {
      hint,
    });
  }
  const { member, name, identityKey, signature } = parsed.data;
  const request = { member: memberId(member), name, identityKey: fromHex(identityKey) };
  if (!nodePrimitives.ed25519Verify(request.identityKey, requested(authorityKey, request), fromHex(signature))) {
    throw new CairnError('identity-signature', `${path} is not signed by its own key for this authority`, {
      hint: 'the member must pass this authority’s key to cairn enrol request, and the file must arrive unmodified',
    });
  }
  return request;
}
