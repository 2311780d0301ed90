import { CairnError } from '../../protocol/errors.ts';
import { appendJsonLineDurably, readJsonLines } from '../../platform/index.ts';

/** How many rows one asker may have answered. What an attacker needs to extract a model is answers. */
export interface BudgetLimits {
  /** Rows in all; undefined for no bound. */
  readonly total?: number;
  /** Rows within 24 hours; undefined for no bound. */
  readonly perDay?: number;
}

interface Entry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The identity key in hex; `guest` for all that have none, since a guest can come again under any name. */
  readonly who: string;
  readonly rows: number;
}

const DAY = 24 * 3600 * 1000;

/**
 * Rows by identity, in a file of JSON lines if there is one: they are written before they are answered, so that neither a
 * crash nor a restart gives any back.
 */
export class QueryBudget {
  readonly #limits: BudgetLimits;
  readonly #path: string | undefined;
  readonly #totals = new Map<string, number>();
  readonly #recent = new Map<string, Entry[]>();

  private constructor(limits: BudgetLimits, path: string | undefined) {
    this.#limits = limits;
    this.#path = path;
  }

  /**
   * @param path the file; undefined to forget at the end of the process
   * @throws CairnError `config-unreadable` for a file that cannot be read, or was changed
   */
  static async open(limits: BudgetLimits, path?: string): Promise<QueryBudget> {
    const budget = new QueryBudget(limits, path);
    if (path === undefined) return budget;
    const refuse = (what: string, cause: unknown): CairnError =>
      new CairnError('config-unreadable', `${path}: ${what}`, {
        cause,
        hint: 'restore it from a copy: it counts what was asked, and without it all bounds begin anew',
      });
    const entries = await readJsonLines(path, {
      accepts: isEntry,
      refuse: ({ number, cause }) => refuse(`line ${number} is damaged`, cause),
      unreadable: (cause) => refuse(`it cannot be read (${cause.code ?? 'unknown reason'})`, cause),
    });
    for (const entry of entries) budget.#count(entry);
    return budget;
  }

  /**
   * Writes rows off.
   * @param now milliseconds since 1970
   * @returns how many the asker has left; undefined if nothing bounds it
   * @throws CairnError `queries-used-up`, and then nothing is written off
   */
  async take(who: string, rows: number, now: number): Promise<number | undefined> {
    const before = this.#left(who, now);
    if (before !== undefined && rows > before) {
      const soon = this.#limits.perDay !== undefined && rows <= (this.#totalLeft(who) ?? rows);
      throw new CairnError('queries-used-up', `${rows} rows were asked for, and ${before} are left`, {
        hint: soon ? 'ask again within a day, or for fewer rows' : 'ask the model’s owner for more',
      });
    }
    const entry = { at: now, who, rows };
    // Counted before the first await, so that two questions at a time cannot both pass.
    this.#count(entry);
    if (this.#path !== undefined) await appendJsonLineDurably(this.#path, entry);
    return this.#left(who, now);
  }

  #totalLeft(who: string): number | undefined {
    const { total } = this.#limits;
    return total === undefined ? undefined : Math.max(0, total - (this.#totals.get(who) ?? 0));
  }

  #left(who: string, now: number): number | undefined {
    const total = this.#totalLeft(who);
    const { perDay } = this.#limits;
    if (perDay === undefined) return total;
    const recent = (this.#recent.get(who) ?? []).filter(({ at }) => at > now - DAY);
    this.#recent.set(who, recent);
    const left = Math.max(0, perDay - recent.reduce((sum, { rows }) => sum + rows, 0));
    return total === undefined ? left : Math.min(left, total);
  }

  #count(entry: Entry): void {
    const { who, rows } = entry;
    this.#totals.set(who, (this.#totals.get(who) ?? 0) + rows);
    const recent = this.#recent.get(who);
    if (recent === undefined) this.#recent.set(who, [entry]);
    else recent.push(entry);
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { at, who, rows } = value as Record<string, unknown>;
  return Number.isSafeInteger(at) && typeof who === 'string' && Number.isSafeInteger(rows) && (rows as number) > 0;
}
