import type { Random } from '../../training/index.ts';
import type { CollectingState } from '../../protocol/rounds/index.ts';
import type { Fate, FaultPlan } from '../faults/plan.ts';
import type { VirtualClock } from './clock.ts';
import { draw } from '../faults/distribution.ts';
import type { Counts, Network } from './network.ts';
import type { VirtualMember } from './member.ts';

/** What the parts of one virtual round share. */
export interface Scene {
  readonly clock: VirtualClock;
  readonly faults: FaultPlan;
  readonly network: Network;
  /** Latencies are drawn from it. */
  readonly random: Random;
  readonly happened: Counts;
}

/** Messages in transit: how long each takes, what happens to it, and whether it arrives. */
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

  /** What the faults do to a message that is sent. */
  fateOf(member: VirtualMember, direction: 'up' | 'down', state: CollectingState | undefined): Fate {
    const { faults, happened } = this.#scene;
    const fate = faults.fateOf({ member: member.id, direction, state });
    if (fate.overtaken) happened.reorder++;
    else if (fate.delay > 0) happened.delay++;
    return fate;
  }

  /** Lets a message arrive in due time, unless its connection breaks first. */
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

  /** The bytes that arrive, after any corruption. */
  suffer(bytes: Uint8Array, { corrupt }: Fate): Uint8Array {
    if (corrupt === undefined) return bytes;
    this.#scene.happened.corrupt++;
    return corrupt(bytes);
  }
}
