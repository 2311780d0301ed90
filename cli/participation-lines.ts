import type { ParticipationEvent } from '../client/index.ts';
import { participationLine } from './participation-line.ts';

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

type PrivacyEvent = Extract<ParticipationEvent, { kind: 'privacy' }>;

/**
 * Why the client's own count of ε is unbounded towards some party, in one sentence; undefined if it is bounded. The
 * rules are in client/consent/privacy-account.ts: towards readers of the model any noise bounds it, towards the
 * coordinator and members only noise that members add, and a round without noise counts for ever.
 */
function whyUnbounded({ placement, after }: Pick<PrivacyEvent, 'placement' | 'after'>): string | undefined {
  if (!Number.isFinite(after.readers)) {
    return 'ε is unbounded because this client has taken part in rounds without noise, of this task or another: nothing bounds what those revealed, and they count for ever';
  }
  if (Number.isFinite(after.inside)) return undefined;
  return placement === 'central'
    ? 'ε towards the coordinator is unbounded because it adds the noise itself: it knows the noise and may leave it out, and only noise that members add under their masks bounds what the coordinator learns'
    : 'ε towards the coordinator is unbounded because it added the noise of earlier rounds itself: only noise that members add under their masks bounds what it learns, and those rounds count for ever';
}
