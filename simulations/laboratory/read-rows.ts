import { readFileSync, writeFileSync } from 'node:fs';
import { CairnError } from '../../protocol/errors.ts';
import type { Row } from './rows.ts';

/**
 * The rows of a series' file. A last line that was cut off half way is taken out of the file: its row is recorded again.
 * @throws CairnError `config-unreadable` naming file and line where another line is no row
 */
export function readRows(file: string): Row[] {
  const text = readFileSync(file, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  const rows = text
    .slice(0, end)
    .split('\n')
    .map((line, i) => (line === '' ? undefined : rowOf(line, file, i + 1)))
    .filter((row) => row !== undefined);
  if (end < text.length) writeFileSync(file, text.slice(0, end));
  return rows;
}

function rowOf(line: string, file: string, number: number): Row {
  let cause: unknown;
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Row;
  } catch (thrown) {
    cause = thrown;
  }
  throw new CairnError('config-unreadable', `line ${number} of ${file} is damaged: it is no row of a run`, {
    hint: 'put the file back from a copy, or run once more what the folder tells, with --again',
    cause,
  });
}
