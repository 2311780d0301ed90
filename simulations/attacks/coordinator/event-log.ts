import type { ParticipationEvent } from '../../../client/index.ts';

type Kind = ParticipationEvent['kind'];
type Of<K extends Kind> = Extract<ParticipationEvent, { kind: K }>;

/** Collects a participation's events, and waits for them. */
export class EventLog {
  readonly events: ParticipationEvent[] = [];
  readonly #watchers = new Set<() => void>();

  readonly onEvent = (event: ParticipationEvent): void => {
    this.events.push(event);
    for (const look of [...this.#watchers]) look();
  };

  of<K extends Kind>(kind: K): Of<K>[] {
    return this.events.filter((event): event is Of<K> => event.kind === kind);
  }

  /** Resolves with the n-th event of a kind. */
  next<K extends Kind>(kind: K, nth = 1): Promise<Of<K>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.of(kind);
        if (found.length < nth) return;
        this.#watchers.delete(look);
        resolve(found[nth - 1]!);
      };
      this.#watchers.add(look);
      look();
    });
  }
}
