import type { MemberId } from '../../protocol/ids.ts';
import type { VirtualMember } from './member.ts';
import type { Scene } from './traffic.ts';

/** Minimum time between a connection's breaks and restorations, in seconds: time must advance. */
const SHORTEST = 0.001;

/** What happens when a connection breaks or is restored. */
interface Consequences {
  /** The coordinator counts a member as gone. */
  readonly leave: (member: MemberId) => void;
  /** Both sides resend what the other has not answered. */
  readonly sendAgain: (member: VirtualMember) => void;
}

/** What happens to members' connections: members die, groups are cut off from the coordinator, links flap. */
export class Connections {
  readonly #scene: Scene;
  readonly #members: ReadonlyMap<MemberId, VirtualMember>;
  readonly #then: Consequences;

  constructor(scene: Scene, members: ReadonlyMap<MemberId, VirtualMember>, then: Consequences) {
    this.#scene = scene;
    this.#members = members;
    this.#then = then;
  }

  /** A member's process ends; the coordinator may notice by its connection. */
  die(member: VirtualMember): void {
    const { faults, happened } = this.#scene;
    happened.drop++;
    member.die();
    if (faults.deaths.get(member.id)?.noticed === 'connection') this.#break(member);
  }

  /** A group is unreachable for so many seconds. */
  part(group: readonly MemberId[], seconds: number): void {
    const { clock, happened } = this.#scene;
    for (const id of group) {
      const member = this.#members.get(id)!;
      happened.partition++;
      this.#break(member);
      clock.after(seconds, () => this.#mend(member));
    }
  }

  /** Makes flapping connections break and recover from now on. */
  startFlapping(): void {
    const { clock, faults, happened } = this.#scene;
    for (const { member: id, away, between } of faults.flapping) {
      const member = this.#members.get(id)!;
      const leave = (): void => {
        if (member.dead) return;
        happened.flapping++;
        this.#break(member);
        clock.after(Math.max(SHORTEST, away()), () => {
          this.#mend(member);
          clock.after(Math.max(SHORTEST, between()), leave);
        });
      };
      clock.after(between(), leave);
    }
  }

  #break({ id, link }: VirtualMember): void {
    const { clock, network } = this.#scene;
    if (!link.break(clock.now)) return;
    const { epoch } = link;
    clock.after(network.grace, () => {
      if (!link.connected && link.epoch === epoch) this.#then.leave(id);
    });
  }

  #mend(member: VirtualMember): void {
    const { link } = member;
    if (!link.mend() || member.dead) return;
    this.#scene.happened.again += link.unanswered.length + link.unacknowledged.length;
    this.#then.sendAgain(member);
  }
}
