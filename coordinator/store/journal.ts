import { appendJsonLineDurably, readJsonLines } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { jsonFault } from '../../protocol/json.ts';
import type { RoundReport } from '../report.ts';

/** A file of reports, one JSON object per line, only ever appended to. */
export class Journal {
  readonly #path: string;
  readonly #reports: RoundReport[];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, reports: RoundReport[]) {
    this.#path = path;
    this.#reports = reports;
  }

  /**
   * Reads an existing file. A last line without a line end was cut by a crash: it never counted, and is removed.
   * @throws CairnError `config-unreadable` for any other damage
   */
  static async open(path: string): Promise<Journal> {
    const reports = await readJsonLines(path, {
      accepts: isReport,
      refuse: ({ number, text }) =>
        new CairnError('config-unreadable', `${path}: line ${number} ${reasonFor(text)}`, { hint: MOVE_AWAY }),
      unreadable: (cause) =>
        new CairnError('config-unreadable', `${path} cannot be read (${cause.code ?? 'unknown reason'})`, {
          hint: MOVE_AWAY,
          cause,
        }),
    });
    return new Journal(path, reports);
  }

  /** All reports, oldest first. */
  get reports(): readonly RoundReport[] {
    return this.#reports;
  }

  /** Adds a report; it is on disk when the promise resolves. Calls are processed one after another. */
  append(report: RoundReport): Promise<void> {
    const work = this.#last.then(async () => {
      await appendJsonLineDurably(this.#path, report);
      this.#reports.push(report);
    });
    this.#last = work.catch(() => undefined);
    return work;
  }
}

const MOVE_AWAY = 'move the file away; the models and the tasks’ progress are kept in other files';

/** Reports of other versions have other fields, and are shown as they are; a line that is not a report is damage. */
const isReport = (value: unknown): value is RoundReport =>
  typeof value === 'object' && value !== null && 'task' in value && typeof value.task === 'string';

function reasonFor(line: string): string {
  const fault = jsonFault(line);
  return fault === undefined ? 'is not a round report' : `is not JSON: column ${fault.column}: ${fault.message}`;
}
