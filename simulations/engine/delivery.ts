import { type CollectingState, type SentMessage, stateOfMessage } from '../../protocol/rounds/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { HEADER_LENGTH } from '../../protocol/wire/index.ts';
import type { Fate } from '../faults/plan.ts';
import type { Downward, Upward } from './link.ts';
import type { VirtualMember } from './member.ts';
import { Tally } from './meter.ts';
import { type Scene, Traffic } from './traffic.ts';

/** What happens to messages that are sent. */
interface Receiver {
  /** The coordinator takes a message. @returns why it refused it, undefined if it did not */
  readonly take: (from: MemberId, bytes: Uint8Array) => CairnError | undefined;
  /** Whether the round has ended, so that no party takes a message. */
  readonly ended: () => boolean;
  /** A member dies just before sending. */
  readonly die: (member: VirtualMember) => void;
}

/** Carries messages down to the members and their answers up, and counts the bytes that arrive. */
export class Delivery {
  /** Bytes that arrived from, and at, each member. */
  readonly up: Tally;
  readonly down: Tally;
  readonly #scene: Scene;
  readonly #members: ReadonlyMap<MemberId, VirtualMember>;
  readonly #traffic: Traffic;
  readonly #receiver: Receiver;

  constructor(scene: Scene, members: ReadonlyMap<MemberId, VirtualMember>, receiver: Receiver) {
    this.#scene = scene;
    this.#members = members;
    this.#traffic = new Traffic(scene);
    this.#receiver = receiver;
    this.up = new Tally([...members.keys()]);
    this.down = new Tally([...members.keys()]);
  }

  /** The coordinator sends; the member's answers go up. */
  sendDown(downward: Downward): void {
    const member = this.#members.get(downward.message.to)!;
    if (member.dead) return;
    member.link.keepDown(downward);
    if (member.link.connected) this.#setOutDown(member, downward);
  }

  /** Both sides of a restored connection resend what the other has not answered or acknowledged. */
  sendAgain(member: VirtualMember): void {
    for (const downward of [...member.link.unanswered]) this.#setOutDown(member, downward);
    for (const upward of [...member.link.unacknowledged]) this.#setOutUp(member, upward);
  }

  #setOutDown(member: VirtualMember, { message, state }: Downward): void {
    const traffic = this.#traffic;
    const fate = traffic.fateOf(member, 'down', state);
    const arrive = (): void => {
      if (member.dead) return;
      const made = message.bytes();
      const bytes = traffic.suffer(made, fate);
      this.down.add(member.id, stateOfMessage(message.name) ?? 'outcome', bytes.length);
      const answers = member.receive(bytes);
      if (answers === 'input') this.#sendUp(member, 'masked-input', () => member.maskInput());
      else for (const answer of answers) this.#sendUp(member, stateOfMessage(answer.name), () => [answer]);
    };
    traffic.travel(member, 'down', fate, () => {
      for (const after of fate.copies) this.#scene.clock.after(after, arrive);
      arrive();
    });
  }

  #sendUp(member: VirtualMember, state: CollectingState | undefined, make: () => readonly SentMessage[]): void {
    if (member.dead) return;
    const { clock, faults } = this.#scene;
    if (state !== undefined && faults.deaths.get(member.id)?.state === state) {
      this.#receiver.die(member);
      return;
    }
    const upward: Upward = { state, make, acknowledgedAt: undefined };
    member.link.keepUp(upward, clock.now);
    if (member.link.connected) this.#setOutUp(member, upward);
  }

  #setOutUp(member: VirtualMember, upward: Upward): void {
    const { clock } = this.#scene;
    const traffic = this.#traffic;
    const fate = traffic.fateOf(member, 'up', upward.state);
    traffic.travel(member, 'up', fate, () => {
      const messages = upward.make();
      const refused = messages.map((message) => this.#arriveUp(member, message, fate)).includes(true);
      for (const after of fate.copies) {
        // An immediate copy need not be kept.
        const again = (): void => messages.forEach((message) => this.#arriveUp(member, message, fate));
        if (after === 0) again();
        else clock.after(after, again);
      }
      upward.acknowledgedAt ??= clock.now + traffic.latency();
      // A message that the coordinator has taken is refused the second time by its header, before it asks for the rest.
      const kept = refused
        ? messages
        : messages.map(({ name, bytes }) => ({ name, bytes: bytes.slice(0, HEADER_LENGTH) }));
      upward.make = () => kept;
    });
  }

  /** @returns whether the coordinator refused it */
  #arriveUp({ id, link }: VirtualMember, message: SentMessage, fate: Fate): boolean {
    if (this.#receiver.ended()) return true;
    const bytes = this.#traffic.suffer(message.bytes, fate);
    this.up.add(id, stateOfMessage(message.name) ?? 'outcome', bytes.length);
    const before = link.unanswered.length;
    const refusal = this.#receiver.take(id, bytes);
    if (refusal === undefined) link.answered(before);
    return refusal !== undefined;
  }
}
