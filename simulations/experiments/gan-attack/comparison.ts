import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';
import { differences } from './series.ts';
import type { AttackState } from './state.ts';

/** Remembers the open federation's models until the secure one of the same case has come as far. */
export class Comparison {
  readonly #lab: Lab;
  readonly #open = new Map<number, Float32Array>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Takes a federation's state, and records a row once both modes of its case have come as far. */
  add(
    { participants, thetaUpload, repetition, aggregation, victim, noise, epsilon }: Scenario,
    state: AttackState,
  ): void {
    const { round, global } = state;
    if (!victim || noise !== null || epsilon !== null) return;
    if (aggregation === 'plain') {
      if (this.#lab.settings.aggregation === 'both') this.#open.set(round, global);
      return;
    }
    const open = this.#open.get(round);
    this.#open.delete(round);
    if (open === undefined) return;
    const known = this.#lab.results
      .rows(differences)
      .some(
        (row) =>
          row.participants === participants &&
          row.thetaUpload === thetaUpload &&
          row.repetition === repetition &&
          row.round === round,
      );
    if (known) return;
    let squares = 0;
    let differing = 0;
    let greatest = 0;
    for (let i = 0; i < open.length; i++) {
      const difference = global[i]! - open[i]!;
      squares += open[i]! * open[i]!;
      differing += difference * difference;
      greatest = Math.max(greatest, Math.abs(difference));
    }
    const relative = Math.sqrt(differing / squares);
    this.#lab.record(differences, { participants, thetaUpload, repetition, round, relative, greatest });
  }
}
