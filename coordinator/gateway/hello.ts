import { DEFAULT_SUITE, equalBytes, type Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { type Hello, helloTranscript } from '../../protocol/wire/index.ts';
import type { Addresses, LocalEnd } from '../addresses.ts';
import type { MemberRegistry } from '../members.ts';

/** What a Hello is judged by. */
export interface HelloVerifier {
  readonly primitives: Primitives;
  readonly members: MemberRegistry;
  /** Names of all tasks. */
  readonly tasks: readonly string[];
  readonly addresses: Addresses;
}

/** The identity that a Hello has proven: a member of the directory, or a guest. */
export type AuthenticatedPeer =
  | { readonly kind: 'member'; readonly member: MemberId }
  | { readonly kind: 'guest'; readonly name: string; readonly token: Uint8Array };

/**
 * Judges a Hello.
 * @param end the coordinator's end of its connection
 * @throws CairnError `session-mismatch` for an answer to a different challenge, `wire-suite` for one in a suite other
 * than the challenge's, which is the default one; `task-unknown`, `identity-unknown`, `coordinator-address` for a
 * member that signed for an address that is not this coordinator's, `identity-signature`, `identity-expired`,
 * `identity-not-allowed`, `directory-expired`
 */
export function judgeHello(
  verifier: HelloVerifier,
  challenge: Uint8Array,
  hello: Hello,
  end: LocalEnd,
): AuthenticatedPeer {
  if (!equalBytes(hello.context, challenge)) {
    throw new CairnError('session-mismatch', 'the Hello answers a challenge other than this connection’s');
  }
  if (hello.suite !== DEFAULT_SUITE) {
    throw new CairnError('wire-suite', `the challenge came in suite ${DEFAULT_SUITE}, the Hello in ${hello.suite}`);
  }
  const unknown = hello.tasks.find((task) => !verifier.tasks.includes(task));
  if (unknown !== undefined) {
    throw new CairnError('task-unknown', `there is no task "${unknown}" here, only ${verifier.tasks.join(', ')}`);
  }
  const { who } = hello;
  if (who.kind === 'guest') {
    assertOpen(verifier, hello.tasks);
    return { kind: 'guest', name: who.name, token: who.token };
  }
  const entry = verifier.members.current()?.entries.get(who.member);
  if (entry === undefined) {
    throw new CairnError('identity-unknown', `member ${who.member} is not in the member directory`);
  }
  const { member, address } = who;
  const signed = helloTranscript(verifier.primitives, { challenge, address, member, tasks: hello.tasks });
  if (!verifier.primitives.ed25519Verify(entry.identityKey, signed, who.signature)) {
    throw new CairnError('identity-signature', `the Hello is not signed by member ${who.member}’s identity`);
  }
  if (!verifier.addresses.has(address, end)) {
    throw new CairnError(
      'coordinator-address',
      `member ${member} signed in at ${address}, which is not this coordinator`,
    );
  }
  assertEnrolled(verifier, who.member, hello.tasks);
  return { kind: 'member', member: who.member };
}

/** Every task that a guest names must be open to guests; if it names none, at least one task must be. */
function assertOpen({ members, tasks }: HelloVerifier, named: readonly string[]): void {
  const closed = (named.length > 0 ? named : tasks).filter((task) => !members.isOpen(task));
  if (closed.length === 0 || (named.length === 0 && closed.length < tasks.length)) return;
  throw new CairnError(
    'identity-unknown',
    `guests are not accepted: only enrolled members take part in ${closed.join(', ')}`,
    {
      hint: 'join with an identity of the member directory',
    },
  );
}

/** A member must be enrolled for every task that it names; if it names none, for at least one task. */
function assertEnrolled(verifier: HelloVerifier, member: MemberId, named: readonly string[]): void {
  const refusals = (named.length > 0 ? named : verifier.tasks).map((task) => verifier.members.judge(task)(member));
  if (named.length === 0 && refusals.includes(undefined)) return;
  const refusal = refusals.find((one) => one !== undefined);
  if (refusal !== undefined) throw refusal;
}
