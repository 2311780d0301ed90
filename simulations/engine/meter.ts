import type { MemberId } from '../../protocol/ids.ts';
import { type Phase, PHASES } from './phases.ts';
import { type ByPhase, Tally } from './tally.ts';

/** Runs one piece of a party's work; a meter looks at the clock around it. */
export type Meter = <T>(party: MemberId | 'server', phase: Phase, work: () => T) => T;

/** A meter that nobody reads. */
export const unmetered: Meter = (_party, _phase, work) => work();

/** Adds up the milliseconds that each party works in each phase. */
export class Stopwatch {
  /** Of each member. */
  readonly clients: Tally;
  readonly #server = new Float64Array(PHASES.length);

  constructor(members: readonly MemberId[]) {
    this.clients = new Tally(members);
  }

  /** The meter to run a round with. */
  readonly meter: Meter = (party, phase, work) => {
    const from = performance.now();
    try {
      return work();
    } finally {
      const spent = performance.now() - from;
      if (party === 'server') this.#server[PHASES.indexOf(phase)]! += spent;
      else this.clients.add(party, phase, spent);
    }
  };

  /** Of the coordinator. */
  get server(): ByPhase {
    return Object.fromEntries(PHASES.map((phase, i) => [phase, this.#server[i]])) as Record<Phase, number>;
  }
}
