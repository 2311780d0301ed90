import type { ParticipationEvent } from '../client/index.ts';
import { participationLine } from './participation-line.ts';
import { whyUnbounded } from './unbounded.ts';

/** Number of explanations of an unbounded ε that are remembered as printed. */
const MAX_EXPLAINED = 64;

/**
 * The lines that `cairn join` prints over a whole participation. A coordinator retries rounds: while a client refuses
 * all of a task's rounds for one cause, that is printed once, and the next lines about the task come with the first
 * round that it takes part in, or that ends differently.
 */
export class ParticipationLines {
  /** Tasks whose last printed line was a refusal, with the lines held back since. */
  readonly #refused = new Map<string, string[]>();
  readonly #explained = new Set<string>();

  /** The lines to print for an event, in order. */
  of(event: ParticipationEvent): readonly string[] {
    const line = participationLine(event);
    const lines = line === undefined ? [] : [line];
    switch (event.kind) {
      case 'refused':
        return this.#onRefused(event, lines);
      case 'invited':
        if (!this.#refused.has(event.task)) return lines;
        this.#refused.set(event.task, lines);
        return [];
      case 'privacy':
        return this.#heldBack(event.task, [...lines, ...this.#explanation(event)]);
      case 'rebased':
      case 'trained':
      case 'clipped':
        return this.#heldBack(event.task, lines);
      case 'sent':
        // With its input, the client takes part again.
        return event.message === 'maskedInput' ? [...this.#released(event.task), ...lines] : lines;
      case 'abandoned':
        // Refusing members end rounds for each other: only rounds that this client could have been in are reported.
        if (this.#refused.has(event.task) && event.update !== 'kept' && event.code !== 'deadline-missed') return [];
        return [...this.#released(event.task), ...lines];
      case 'committed':
        return [...this.#released(event.task), ...lines];
      default:
        return lines;
    }
  }

  #onRefused({ task, repeated }: Extract<ParticipationEvent, { kind: 'refused' }>, lines: string[]): readonly string[] {
    const before = this.#released(task);
    this.#refused.set(task, []);
    return repeated ? [] : [...before, ...lines];
  }

  #heldBack(task: string, lines: readonly string[]): readonly string[] {
    const held = this.#refused.get(task);
    if (held === undefined) return lines;
    held.push(...lines);
    return [];
  }

  #released(task: string): readonly string[] {
    const held = this.#refused.get(task) ?? [];
    this.#refused.delete(task);
    return held;
  }

  /** Why there is no bound, once per task and reason. */
  #explanation(event: Extract<ParticipationEvent, { kind: 'privacy' }>): readonly string[] {
    const why = whyUnbounded(event);
    if (why === undefined) return [];
    const key = `${event.task} ${why}`;
    if (this.#explained.has(key)) return [];
    this.#explained.add(key);
    for (const oldest of this.#explained) if (this.#explained.size > MAX_EXPLAINED) this.#explained.delete(oldest);
    return [why];
  }
}
