import { requestText } from '../../../cli/enrol/request.ts';
import { unsafeIdentityText } from '../../../client/enrolment/identity.ts';
import { fromHex } from '../../../protocol/crypto/bytes.ts';
import { identityFrom } from '../../../protocol/crypto/keys.ts';
import { portablePrimitives } from '../../../protocol/crypto/portable.ts';
import { memberId } from '../../../protocol/ids.ts';
import { T, toHex, u32 } from '../second-implementation.ts';

/** An enrolment request and an identity file, bytes as lower-case hex. It stands in test/vectors/enrolment.json. */
export interface EnrolmentVector {
  readonly authorityKey: string;
  readonly member: number;
  readonly name: string;
  readonly seed: string;
  readonly identityKey: string;
  /** The value of T that the identity signs. */
  readonly signed: string;
  readonly signature: string;
  /** The two files, as this repository's programs write them. */
  readonly request: string;
  readonly identity: string;
}

/** Keys of the worked round: its authority, and its first member under a name that is not ASCII. */
const AUTHORITY = '2a15f75093115c6dd930bd399c201a461fb692c6ece541b15176cbea1f5efc39';
const SEED = '385553aa23a24b14d8bbc2dff606277f444e049797ae7e0404e3a9ba0ecef2fb';
const MEMBER = 460_915_227;
const NAME = 'Ward 7, Zürich';

/** Makes the files with the programs' own code. */
export function enrolmentVector(): EnrolmentVector {
  const keys = identityFrom(portablePrimitives, fromHex(SEED));
  const authorityKey = fromHex(AUTHORITY);
  const request = requestText(authorityKey, memberId(MEMBER), NAME, keys);
  const { signature } = JSON.parse(request) as { readonly signature: string };
  return {
    authorityKey: AUTHORITY,
    member: MEMBER,
    name: NAME,
    seed: SEED,
    identityKey: toHex(keys.publicKey),
    signed: toHex(T('sign request', authorityKey, u32(MEMBER), Buffer.from(NAME), keys.publicKey)),
    signature,
    request,
    identity: unsafeIdentityText({ member: MEMBER, name: NAME, keys, authorityKey }),
  };
}

/** The two files and what is signed, as the document shows them. */
export function renderEnrolment({ signed, request, identity }: EnrolmentVector): string {
  const file = (text: string): string => ['```json', text.trimEnd(), '```'].join('\n');
  return [['```text', `signed = ${signed}`, '```'].join('\n'), file(request), file(identity)].join('\n\n');
}
