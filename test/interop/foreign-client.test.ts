import { readInvitation } from '../../protocol/wire/messages/invitation.ts';
import { receiveMessage } from '../../protocol/wire/header.ts';
import { describe, expect, it } from 'vitest';
import { vectorLength } from '../../protocol/quantize/index.ts';
import {
  type ClientState,
  type ClientStep,
  type ServerInput,
  type ServerState,
  startClient,
  startServer,
  stepClient,
  stepServer,
  computePlan,
} from '../../protocol/schemes/secagg/index.ts';
import { u32le } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { encodeOutcome, type RoundSettings } from '../../protocol/wire/index.ts';
import { type VirtualMembership, virtualMembership, virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { plainSum } from '../../simulations/engine/plain-sums.ts';
import { ForeignClient } from './foreign-client.ts';

const primitives = nodePrimitives;

/** Inputs that are different for every member and coordinate. */
const inputOf = (member: number, length: number): number[] =>
  Array.from({ length }, (_, j) => (7919 * member + 104_729 * j) % 65_536);

interface Participant {
  receive(bytes: Uint8Array): readonly Uint8Array[];
}

/** The state after a step that must not have refused anything. */
function stateOf(step: ClientStep): ClientState {
  if (step.refusal !== undefined) throw step.refusal;
  for (const event of step.events) if (event.kind === 'refused') throw event.error;
  return step.state;
}

const bytesOf = ({ send }: ClientStep): Uint8Array[] => send.map(({ bytes }) => bytes);

/** A member with the real client session. */
function realClient(settings: RoundSettings, membership: VirtualMembership, member: MemberId): Participant {
  const random = unsafeSeededRandom(primitives.sha256(u32le(member)));
  const self = { member, identity: membership.identities.get(member)!, directory: membership.directory };
  const policy = { adversary: 'active', colluding: 0.05, minCohort: 2 } as const;
  let state: ClientState | undefined;
  return {
    receive(bytes) {
      const step =
        state === undefined
          ? startClient({ primitives, random, policy, self, invitation: readInvitation(bytes) })
          : stepClient(state, { kind: 'message', message: receiveMessage(bytes) });
      state = stateOf(step);
      if (state.name !== 'masked-input') return bytesOf(step);
      const values = Uint32Array.from(inputOf(member, vectorLength(settings)));
      const masked = stepClient(state, { kind: 'input', values });
      state = stateOf(masked);
      return bytesOf(masked);
    },
  };
}

/** Runs a round of real and foreign clients against the real server session; members in `mute` send no input. */
function runMixed(settings: RoundSettings, membership: VirtualMembership, foreign: readonly number[], mute: number[]) {
  const { directory, identities } = membership;
  const keys = new Map([...directory.entries].map(([member, { identityKey }]) => [Number(member), identityKey]));
  const foreigners = new Map<number, ForeignClient>();
  const participants = new Map<MemberId, Participant>();
  for (const [member, identity] of identities) {
    if (!foreign.includes(member)) {
      participants.set(member, realClient(settings, membership, member));
      continue;
    }
    const seed = identity.secretKey.expose().slice();
    const client = new ForeignClient(member, seed, keys, (length) => inputOf(member, length));
    foreigners.set(member, client);
    participants.set(member, client);
  }
  const queue: (() => void)[] = [];
  let state: ServerState;
  const ends: { readonly sum: Uint32Array; readonly included: readonly MemberId[] }[] = [];
  const rosterKinds = new Set<number>();
  const deliver = (to: MemberId, bytes: Uint8Array): void => {
    if (bytes[2] === 0x03) rosterKinds.add(bytes[43]!);
    queue.push(() => {
      for (const answer of participants.get(to)!.receive(bytes)) {
        if (answer[2] === 0x06 && mute.includes(to)) continue;
        queue.push(() => take({ kind: 'message', from: to, message: receiveMessage(answer) }));
      }
    });
  };
  const take = (input: ServerInput): void => {
    const step = stepServer(state, input);
    if (step.refusal !== undefined) throw step.refusal;
    state = step.state;
    for (const { to, bytes } of step.send) if (!mute.includes(to) || bytes()[2] !== 0x0c) deliver(to, bytes());
    for (const event of step.events) {
      if (event.kind === 'aborted') throw event.error;
      if (event.kind === 'committed') ends.push(event);
      if (event.kind === 'unmask-plan') {
        const correction = computePlan(event.plan, primitives);
        queue.push(() => take({ kind: 'unmasked', correction }));
      }
    }
  };
  const start = startServer({
    primitives,
    settings,
    directory,
    invited: identities.keys(),
    target: identities.size,
  });
  state = start.state;
  for (const { to, bytes } of start.send) deliver(to, bytes());
  while (ends.length === 0) {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) next();
    take({ kind: 'deadline' });
  }
  const { suite } = settings;
  const context = state.context.settingsHash;
  const modelHash = primitives.sha256(context);
  for (const [member, client] of foreigners) {
    if (mute.includes(member)) continue;
    client.receive(encodeOutcome({ suite, context, kind: 'committed', included: true, modelHash }));
  }
  return { ...ends[0], rosterKinds, outcomes: [...foreigners.values()].map(({ outcome }) => outcome?.included) };
}

describe('clients written from docs/protocol.md alone', () => {
  it.each([
    { n: 5, suite: 1, foreign: [2, 5], mute: [3], kind: 1 },
    { n: 5, suite: 2, foreign: [1, 2, 3, 4, 5], mute: [4], kind: 1 },
    { n: 80, suite: 1, foreign: [1, 50], mute: [7, 50], kind: 2 },
  ] as const)(
    'take part with real ones: $n members, suite $suite, a roster of kind $kind',
    ({ n, suite, foreign, mute, kind }) => {
      const random = unsafeSeededRandom(primitives.sha256(u32le(n)));
      const membership = virtualMembership(primitives, random, n);
      const settings = virtualSettings(random, {
        suite,
        adversary: 'active',
        graph: 'auto',
        colludingPpm: 50_000,
        maxCohort: n,
        dimension: 5,
        directoryHash: membership.directory.hash,
      });
      const { sum, included, outcomes, rosterKinds } = runMixed(settings, membership, foreign, [...mute]);
      expect(included!.map(Number)).toEqual(
        Array.from({ length: n }, (_, i) => i + 1).filter((member) => !mute.some((silent) => silent === member)),
      );
      const plain = plainSum(settings, included!, (member) =>
        Uint32Array.from(inputOf(member, vectorLength(settings))),
      );
      expect(sum).toEqual(plain);
      expect(outcomes).toEqual(foreign.map((member) => (mute.some((silent) => silent === member) ? undefined : true)));
      expect([...rosterKinds]).toEqual([kind]);
    },
  );
});
