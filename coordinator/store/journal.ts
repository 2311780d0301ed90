import { open, readFile, truncate } from 'node:fs/promises';
import { CairnError } from '../../protocol/errors.ts';
import { jsonFault } from '../../protocol/json.ts';
import type { RoundReport } from '../report.ts';

/** A file of reports, one JSON object a line, only ever appended to. */
export class Journal {
  readonly #path: string;
  readonly #reports: RoundReport[];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, reports: RoundReport[]) {
    this.#path = path;
    this.#reports = reports;
  }

  /**
   * Reads what is there. A last line without its end was cut by a crash: it never counted, and is cut off.
   * @throws CairnError `config-unreadable` for any other damage
   */
  static async open(path: string): Promise<Journal> {
    const text = await readIfThere(path);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    const reports = whole
      .split('\n')
      .slice(0, -1)
      .map((line, index) => parseLine(path, line, index + 1));
    return new Journal(path, reports);
  }

  /** All reports, oldest first. */
  get reports(): readonly RoundReport[] {
    return this.#reports;
  }

  /** Adds a report; it is on the disk when the promise resolves. Calls are done one after another. */
  append(report: RoundReport): Promise<void> {
    const work = this.#last.then(async () => {
      const handle = await open(this.#path, 'a');
      try {
        await handle.appendFile(`${JSON.stringify(report)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      this.#reports.push(report);
    });
    this.#last = work.catch(() => undefined);
    return work;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new CairnError('config-unreadable', `${path} cannot be read (${code ?? 'unknown reason'})`, {
      hint: AWAY,
      cause,
    });
  }
}

const AWAY = 'move the file away; the models and the tasks’ positions are kept in other files';

/** Reports of other versions have other fields, and are shown as they are; what is no report at all is damage. */
function parseLine(path: string, line: string, number: number): RoundReport {
  const fault = jsonFault(line);
  const value: unknown = fault === undefined ? JSON.parse(line) : undefined;
  if (typeof value === 'object' && value !== null && 'task' in value && typeof value.task === 'string')
    return value as RoundReport;
  const reason =
    fault === undefined ? 'is no report of a round' : `is not JSON: column ${fault.column}: ${fault.message}`;
  throw new CairnError('config-unreadable', `${path}: line ${number} ${reason}`, { hint: AWAY });
}
