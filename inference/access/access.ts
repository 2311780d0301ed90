import { fromHex, type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { directoryAt, entryFor, type SignedDirectory } from '../../protocol/wire/index.ts';
import { questionTranscript } from './question.ts';

/** Who may ask: everybody, or the members of a signed directory. */
export type Access = { readonly kind: 'open' } | { readonly kind: 'members'; readonly directory: SignedDirectory };

/** One question, as far as it matters who asks it. */
export interface Asked {
  /** Its member id, and its signature in hex; null for none. */
  readonly identity: { readonly member: number; readonly signature: string } | null;
  readonly challenge: Uint8Array;
  /** The addresses under which this server is known; a signature must be over one of them. */
  readonly addresses: readonly string[];
  readonly name: string;
  readonly planHash: Uint8Array;
  /** Seconds since 1970 (UTC). */
  readonly now: number;
}

/** Under this name all questions without an identity are counted. */
const GUEST = 'guest';

/**
 * Who asks: the identity key in hex, or {@link GUEST}.
 * @throws CairnError `identity-required` without an identity where one is needed, `identity-unknown`, `identity-expired`,
 * `identity-not-allowed` (the directory's tasks do not name the model), `directory-expired`, `identity-signature`
 */
export function admit(primitives: Primitives, access: Access, asked: Asked): string {
  const { identity, challenge, addresses, name, planHash, now } = asked;
  if (access.kind === 'open') return GUEST;
  if (identity === null) {
    throw new CairnError('identity-required', 'this model answers members only', {
      hint: 'pass --identity FILE; cairn enrol makes one',
    });
  }
  const member = memberId(identity.member);
  const { identityKey } = entryFor(directoryAt(access.directory, now), member, name);
  const signature = fromHex(identity.signature);
  const signed = addresses.some((address) =>
    primitives.ed25519Verify(
      identityKey,
      questionTranscript(primitives, { challenge, address, name, planHash, member: identity.member }),
      signature,
    ),
  );
  if (!signed) {
    throw new CairnError(
      'identity-signature',
      `the question of member ${identity.member} is not signed by its identity`,
      {
        hint: 'if the server is behind a proxy, it must be told the address that members type (--address)',
      },
    );
  }
  return toHex(identityKey);
}
