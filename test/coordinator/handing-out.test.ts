import { readInvitation } from '../../protocol/wire/messages/invitation.ts';
import { secagg, type UnmaskWork } from '../../protocol/schemes/secagg/scheme.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SessionDriver } from '../../coordinator/rounds/session-driver.ts';
import {
  type ClientState,
  type ClientStep,
  startClient,
  stepClient,
} from '../../protocol/schemes/secagg/client/index.ts';
import { vectorLength } from '../../protocol/quantize/index.ts';
import {
  type Outgoing,
  type ServerInput,
  startServer,
  stepServer,
} from '../../protocol/schemes/secagg/server/index.ts';
import { computePlan } from '../../protocol/schemes/secagg/unmask.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { messageName, receiveMessage } from '../../protocol/wire/header.ts';
import { virtualSettings } from '../../simulations/engine/settings.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';

const N = 24;
const members = Array.from({ length: N }, (_, i) => memberId(i + 1));
const DEADLINE = 60_000;

/** One round of real sessions whose messages each have a turn of the loop of their own. */
class Scene {
  readonly random = seeded('handing out');
  readonly settings;
  readonly round: SessionDriver;
  /** What each member was sent, in order. */
  readonly got = new Map<MemberId, Uint8Array[]>(members.map((member) => [member, []]));
  /** What the session was given, in order. */
  readonly inputs: ServerInput[] = [];
  /** Turn in which each roster was handed out. */
  readonly rosterTurns: number[] = [];
  /** Members that answer nothing. */
  readonly mute = new Set<MemberId>();
  readonly #clients = new Map<MemberId, ClientState>();
  #turn = 0;
  #counting = true;

  constructor(graph: 'complete' | 'ring') {
    this.settings = virtualSettings(this.random, { graph, dimension: 4, dropoutPpm: 200_000, maxCohort: N });
    this.round = new SessionDriver({
      ...this.start,
      deadlines: {
        'advertise-keys': DEADLINE,
        'share-keys': DEADLINE,
        'masked-input': DEADLINE,
        'consistency-check': DEADLINE,
        unmasking: DEADLINE,
      },
      scheme: secagg,
      compute: (work) => {
        const { plan } = work as UnmaskWork;
        const correction = computePlan(plan, nodePrimitives);
        // The round wipes what it is given.
        const again = computePlan(plan, nodePrimitives);
        this.inputs.push({ kind: 'unmasked', correction: again });
        return Promise.resolve(correction);
      },
      send: (message) => this.#sent(message),
      sliceMs: 0,
    });
    void this.#count();
  }

  get start() {
    return { primitives: nodePrimitives, settings: this.settings, invited: members, target: N };
  }

  stop(): void {
    this.#counting = false;
  }

  async #count(): Promise<void> {
    while (this.#counting) {
      await nextTurn();
      this.#turn++;
    }
  }

  #sent({ to, name, bytes }: Outgoing): void {
    const made = bytes();
    this.got.get(to)!.push(made);
    if (this.round.state !== 'aborted') expect(messageName(made)).toBe(name);
    if (name === 'roster') this.rosterTurns.push(this.#turn);
    const state = this.#clients.get(to);
    // Each answers as soon as it can, while others still wait for the message that it answers.
    setImmediate(() => {
      if (this.mute.has(to)) return;
      if (state !== undefined) {
        this.#did(to, stepClient(this.#clients.get(to)!, { kind: 'message', message: receiveMessage(made) }));
        return;
      }
      const policy = { adversary: 'curious', colluding: 0.1, minCohort: 2 } as const;
      const self = { member: to };
      this.#did(
        to,
        startClient({
          primitives: nodePrimitives,
          random: this.random,
          policy,
          self,
          invitation: readInvitation(made),
        }),
      );
    });
  }

  #did(member: MemberId, step: ClientStep): void {
    this.#clients.set(member, step.state);
    if (step.refusal !== undefined) throw step.refusal;
    for (const { name, bytes } of step.send) {
      const message = receiveMessage(bytes);
      expect(message.name).toBe(name);
      this.inputs.push({ kind: 'message', from: member, message });
      expect(this.round.message(member, message)).toBeUndefined();
    }
    for (const event of step.events) {
      if (event.kind === 'refused') throw event.error;
      if (event.kind !== 'input-wanted') continue;
      const values = new Uint32Array(vectorLength(this.settings)).fill(member);
      this.#did(member, stepClient(step.state, { kind: 'input', values }));
    }
  }
}

let scene: Scene;

afterEach(() => {
  vi.useRealTimers();
  scene.stop();
});

describe.each(['complete', 'ring'] as const)('a round on the %s graph that hands out one message a turn', (graph) => {
  it('lets the loop turn between any two rosters', async () => {
    scene = new Scene(graph);
    scene.round.begin();
    await scene.round.ended;
    expect(scene.rosterTurns).toHaveLength(N);
    expect(new Set(scene.rosterTurns).size).toBe(N);
  });

  it('sends each member the session’s messages, byte for byte and in order, whichever members answer meanwhile', async () => {
    scene = new Scene(graph);
    scene.round.begin();
    expect((await scene.round.ended).kind).toBe('committed');

    const expected = new Map<MemberId, Uint8Array[]>(members.map((member) => [member, []]));
    const take = (send: readonly Outgoing[]): void => {
      for (const { to, bytes } of send) expected.get(to)!.push(bytes());
    };
    let step = startServer(scene.start);
    take(step.send);
    for (const input of scene.inputs) {
      step = stepServer(step.state, input);
      take(step.send);
    }
    expect(step.state.name).toBe('committed');
    expect(scene.got).toEqual(expected);
  });
});

describe('a message of the session', () => {
  it('is the same whenever and however often it is encoded', async () => {
    scene = new Scene('ring');
    const kept: { readonly message: Outgoing; readonly bytes: Uint8Array }[] = [];
    scene.round.begin();
    await scene.round.ended;
    let step = startServer(scene.start);
    for (const input of scene.inputs) {
      step = stepServer(step.state, input);
      for (const message of step.send) kept.push({ message, bytes: message.bytes() });
    }
    expect(kept).toHaveLength(3 * N); // roster, routed shares and the request
    for (const { message, bytes } of kept) expect(message.bytes()).toEqual(bytes);
  });
});

describe('while messages remain to be sent', () => {
  const rosters = (): number => scene.rosterTurns.length;

  /** The round with its first rosters on their way; nobody answers one. */
  async function atRosters(): Promise<void> {
    scene = new Scene('complete');
    scene.round.begin();
    while (rosters() < 3) await nextTurn();
    for (const member of members) scene.mute.add(member);
    expect(rosters()).toBeLessThan(N);
    expect(scene.round.state).toBe('share-keys');
  }

  it('the state’s deadline does not run: it begins with the last of them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await atRosters();
    vi.advanceTimersByTime(10 * DEADLINE);
    expect(scene.round.state).toBe('share-keys');
    while (rosters() < N) await nextTurn();
    await nextTurn();
    await nextTurn();
    vi.advanceTimersByTime(DEADLINE - 1);
    expect(scene.round.state).toBe('share-keys');
    vi.advanceTimersByTime(1);
    expect(scene.round.state).toBe('aborted');
  });

  it('an abandoned round sends none of them, and its final messages come last', async () => {
    await atRosters();
    const before = rosters();
    scene.round.abandon(new CairnError('round-abandoned', 'enough'));
    await scene.round.ended;
    const last = Uint8Array.of(1, 1, 0x0b);
    await scene.round.tell(
      members.map((to) => ({ to, name: 'outcome' as const, bytes: () => last, last: true as const })),
    );
    expect(rosters()).toBe(before);
    for (const messages of scene.got.values()) expect(messages.at(-1)).toBe(last);
  });

  it('a member that leaves costs the others nothing', async () => {
    await atRosters();
    scene.round.leave(members[N - 1]!, 'member-left');
    while (rosters() < N) await nextTurn();
    expect(scene.round.state).toBe('share-keys');
    scene.round.abandon(new CairnError('round-abandoned', 'enough'));
  });
});
