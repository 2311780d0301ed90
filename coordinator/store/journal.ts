import { open, readFile, truncate } from 'node:fs/promises';
import { CairnError } from '../../protocol/errors.ts';
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
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw thrown;
  }
}

function parseLine(path: string, line: string, number: number): RoundReport {
  try {
    return JSON.parse(line) as RoundReport;
  } catch (cause) {
    throw new CairnError('config-unreadable', `${path}: line ${number} is not JSON`, {
      cause,
      hint: 'move the file away; the models and the tasks’ positions are kept in other files',
    });
  }
}
