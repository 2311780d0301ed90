import type { Random } from '../../training/index.ts';
import type { CollectingState } from '../../protocol/schemes/secagg/index.ts';
import type { Fate, FaultPlan } from '../faults/plan.ts';
import type { VirtualClock } from './clock.ts';
import { draw } from '../faults/distribution.ts';
import type { Counts } from './network-events.ts';
import type { VirtualMember } from './member.ts';
import type { Network } from './network.ts';

/** What the parts of one virtual round have in common. */
export interface Scene {
  readonly clock: VirtualClock;
  readonly faults: FaultPlan;
  readonly network: Network;
  /** Latencies are drawn from it. */
  readonly random: Random;
  readonly happened: Counts;
}

/** Messages under way: how long each takes, what befalls it, and whether it arrives. */
export class Traffic {
  readonly #scene: Scene;
  #departures = 0;
  readonly #latest = { up: -1, down: -1 };

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Seconds that a message takes. */
  latency(): number {
    return draw(this.#scene.network.latency, this.#scene.random);
  }

  /** What the faults do to a message that sets out. */
  fateOf(member: VirtualMember, direction: 'up' | 'down', state: CollectingState | undefined): Fate {
    const { faults, happened } = this.#scene;
    const fate = faults.fateOf({ member: member.id, direction, state });
    if (fate.overtaken) happened.reorder++;
    else if (fate.delay > 0) happened.delay++;
    return fate;
  }

  /** Lets a message arrive in its time, unless its connection breaks before. */
  travel({ link }: VirtualMember, direction: 'up' | 'down', fate: Fate, arrive: () => void): void {
    const { clock, happened } = this.#scene;
    const { epoch } = link;
    const departure = this.#departures++;
    const at = link.arrival(direction, clock.now + this.latency() + fate.delay, fate.overtaken);
    clock.at(at, () => {
      if (link.epoch !== epoch) {
        happened.lost++;
        return;
      }
      if (departure < this.#latest[direction]) happened.overtaken++;
      this.#latest[direction] = Math.max(this.#latest[direction], departure);
      happened.duplicate += fate.copies.length;
      arrive();
    });
  }

  /** The bytes that arrive. */
  suffer(bytes: Uint8Array, { corrupt }: Fate): Uint8Array {
    if (corrupt === undefined) return bytes;
    this.#scene.happened.corrupt++;
    return corrupt(bytes);
  }
}
