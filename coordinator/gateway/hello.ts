import { DEFAULT_SUITE, equalBytes, type Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { type Hello, helloTranscript } from '../../protocol/wire/index.ts';
import type { Addresses, LocalEnd } from '../addresses.ts';
import type { MemberRegistry } from '../members.ts';

/** By what a Hello is judged. */
export interface HelloVerifier {
  readonly primitives: Primitives;
  readonly members: MemberRegistry;
  /** Names of all tasks. */
  readonly tasks: readonly string[];
  readonly addresses: Addresses;
}

/** Who a Hello has proven to be: a member of the directory, or any guest. */
export type AuthenticatedPeer =
  | { readonly kind: 'member'; readonly member: MemberId }
  | { readonly kind: 'guest'; readonly name: string; readonly token: Uint8Array };

/**
 * Judges a Hello.
 * @param end where its connection has come to
 * @throws CairnError `session-mismatch` for an answer to another challenge, `wire-suite` for one in another suite than
 * the challenge, which is in the default one; `task-unknown`, `identity-unknown`,
 * `coordinator-address` for a member that knows the coordinator under an address that is not its own,
 * `identity-signature`, `identity-expired`, `identity-not-allowed`, `directory-expired`
 */
export function judgeHello(door: HelloVerifier, challenge: Uint8Array, hello: Hello, end: LocalEnd): AuthenticatedPeer {
  if (!equalBytes(hello.context, challenge)) {
    throw new CairnError('session-mismatch', 'the Hello answers another challenge than this connection’s');
  }
  if (hello.suite !== DEFAULT_SUITE) {
    throw new CairnError('wire-suite', `the challenge came in suite ${DEFAULT_SUITE}, the Hello in ${hello.suite}`);
  }
  const unknown = hello.tasks.find((task) => !door.tasks.includes(task));
  if (unknown !== undefined) {
    throw new CairnError('task-unknown', `there is no task "${unknown}" here, only ${door.tasks.join(', ')}`);
  }
  const { who } = hello;
  if (who.kind === 'guest') {
    assertOpen(door, hello.tasks);
    return { kind: 'guest', name: who.name, token: who.token };
  }
  const entry = door.members.current()?.entries.get(who.member);
  if (entry === undefined) {
    throw new CairnError('identity-unknown', `member ${who.member} is not in the member directory`);
  }
  const { member, address } = who;
  const signed = helloTranscript(door.primitives, { challenge, address, member, tasks: hello.tasks });
  if (!door.primitives.ed25519Verify(entry.identityKey, signed, who.signature)) {
    throw new CairnError('identity-signature', `the Hello is not signed by member ${who.member}’s identity`);
  }
  if (!door.addresses.has(address, end)) {
    throw new CairnError(
      'coordinator-address',
      `member ${member} signed in at ${address}, which is not this coordinator`,
    );
  }
  assertEnrolled(door, who.member, hello.tasks);
  return { kind: 'member', member: who.member };
}

/** A guest's tasks are open to everybody; one is at least, where it names none. */
function assertOpen({ members, tasks }: HelloVerifier, named: readonly string[]): void {
  const closed = (named.length > 0 ? named : tasks).filter((task) => !members.isOpen(task));
  if (closed.length === 0 || (named.length === 0 && closed.length < tasks.length)) return;
  throw new CairnError(
    'identity-unknown',
    `guests are not taken: only enrolled members take part in ${closed.join(', ')}`,
    {
      hint: 'join with an identity of the member directory',
    },
  );
}

/** Who names tasks is enrolled for each of them; who names none is there for all that it is enrolled for, one at least. */
function assertEnrolled(door: HelloVerifier, member: MemberId, named: readonly string[]): void {
  const refusals = (named.length > 0 ? named : door.tasks).map((task) => door.members.judge(task)(member));
  if (named.length === 0 && refusals.includes(undefined)) return;
  const refusal = refusals.find((one) => one !== undefined);
  if (refusal !== undefined) throw refusal;
}
