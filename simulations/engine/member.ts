import {
  type ClientEvent,
  type ClientSession,
  type ClientStep,
  isCollectingState,
  type Scheme,
  type SentMessage,
  stateOfMessage,
} from '../../protocol/rounds/index.ts';
import type { SecretBytes } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { type Message, readInvitation, receiveMessage } from '../../protocol/wire/index.ts';
import { VirtualLink } from './link.ts';
import type { Meter } from './meter.ts';
import type { VirtualRoundOptions } from './virtual-round.ts';

/** What members of one round share. */
export interface Surroundings extends Pick<
  VirtualRoundOptions,
  'primitives' | 'random' | 'settings' | 'membership' | 'inputOf'
> {
  /** The scheme that the settings name. */
  readonly scheme: Scheme;
  readonly meter: Meter;
  /** Called with the secrets that a session gave up, once they are wiped. */
  readonly onWiped: (secrets: readonly SecretBytes[]) => void;
  /** Called with the reason why a message was not taken. */
  readonly onIgnored: (error: CairnError) => void;
}

/** One virtual member: a real client session and its connection. */
export class VirtualMember {
  readonly id: MemberId;
  readonly link = new VirtualLink();
  readonly #around: Surroundings;
  #state: ClientSession | undefined;
  #dead = false;
  #refusal: CairnError | undefined;
  /** The state of its session in which it receives the message that asks for its input. */
  readonly #beforeInput: ClientSession['name'] | undefined;
  /** That message, until the member makes its input: in secure aggregation the shares routed to it. */
  #routed: Message | undefined;

  constructor(id: MemberId, around: Surroundings) {
    this.id = id;
    this.#around = around;
    const collecting = around.scheme.states.filter(isCollectingState);
    this.#beforeInput = collecting[collecting.indexOf('masked-input') - 1];
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Why it refused to continue. */
  get refusal(): CairnError | undefined {
    return this.#refusal;
  }

  /** Whether it takes part, and does not know yet how the round ended. */
  get waiting(): boolean {
    return this.#state !== undefined && this.#state.name !== 'closed';
  }

  /**
   * A message arrives. @returns the answers; `input` if that is its masked input, which {@link maskInput} makes when it
   * is due to arrive
   */
  receive(bytes: Uint8Array): readonly SentMessage[] | 'input' {
    const { meter, onIgnored } = this.#around;
    const state = this.#state;
    let message: Message;
    try {
      message = receiveMessage(bytes);
    } catch (thrown) {
      onIgnored(asCairnError(thrown));
      return [];
    }
    if (state === undefined) return meter(this.id, 'advertise-keys', () => this.#start(message));
    const phase = stateOfMessage(message.name) ?? 'outcome';
    if (state.name === this.#beforeInput && phase === 'masked-input' && this.#routed === undefined) {
      this.#routed = message;
      return 'input';
    }
    const sent = meter(this.id, phase, () =>
      this.#did(this.#around.scheme.client.step(state, { kind: 'message', message })),
    );
    // A member that is told of the end stops uploading.
    if (!this.waiting) this.#routed = undefined;
    return sent;
  }

  /**
   * Takes the message that asks for its input, and makes the input, or the reason why there is none. The vector of
   * local values is made here and not kept.
   */
  maskInput(): readonly SentMessage[] {
    const { meter, inputOf } = this.#around;
    const message = this.#routed;
    this.#routed = undefined;
    if (message === undefined) return [];
    const sent = meter(this.id, 'masked-input', () =>
      this.#did(this.#around.scheme.client.step(this.#state!, { kind: 'message', message })),
    );
    if (this.#state?.name !== 'masked-input') return sent;
    const values = inputOf(this.id);
    return meter(this.id, 'masked-input', () =>
      this.#did(this.#around.scheme.client.step(this.#state!, { kind: 'input', values })),
    );
  }

  /** Its process ends and gives up all it holds. */
  die(): void {
    this.#dead = true;
    this.#routed = undefined;
    if (!this.waiting) return;
    this.#did(
      this.#around.scheme.client.step(this.#state!, {
        kind: 'leave',
        error: new CairnError('member-left', 'the virtual member died'),
      }),
    );
  }

  #start(message: Message): readonly SentMessage[] {
    const { primitives, random, membership, settings } = this.#around;
    const identity = membership?.identities.get(this.id);
    const active = settings.adversary === 'active' && identity !== undefined && membership !== undefined;
    const self = { member: this.id, ...(active ? { identity, directory: membership.directory } : {}) };
    const policy = { adversary: settings.adversary, colluding: settings.colludingPpm / 1_000_000, minCohort: 2 };
    try {
      const invitation = readInvitation(message);
      return this.#did(this.#around.scheme.client.start({ primitives, random, policy, self, invitation }));
    } catch (thrown) {
      this.#around.onIgnored(asCairnError(thrown));
      return [];
    }
  }

  #did(step: ClientStep): readonly SentMessage[] {
    for (const secret of step.wipe) secret.wipe();
    this.#around.onWiped(step.wipe);
    this.#state = step.state;
    if (step.refusal !== undefined) this.#around.onIgnored(step.refusal);
    const refused = step.events.find(
      (event): event is Extract<ClientEvent, { kind: 'refused' }> => event.kind === 'refused',
    );
    this.#refusal ??= refused?.error;
    return step.send;
  }
}
