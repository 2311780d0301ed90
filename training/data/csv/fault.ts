import { CairnError } from '../../../protocol/errors.ts';

/** A place in a file. */
export interface Place {
  /** Number of the row from 1, as a spreadsheet counts: including the header row and empty ones. */
  readonly row: number;
  /** Line of the file where the row begins; differs from the row number after a field with a line break. */
  readonly line: number;
  /** The column's name. */
  readonly column?: string;
}

/**
 * An error that names file, row and column. It contains nothing of a field: an owner's data do not belong in a log.
 * @returns a CairnError `data-malformed`
 */
export function fault(file: string, place: Place | undefined, what: string, hint?: string): CairnError {
  const at = place === undefined ? '' : `, row ${place.row}${place.line === place.row ? '' : ` (line ${place.line})`}`;
  const column = place?.column === undefined ? '' : `, column "${place.column}"`;
  return new CairnError('data-malformed', `${file}${at}${column}: ${what}`, {
    hint: hint ?? 'correct the file there; nothing was read from it',
  });
}

/** @returns a CairnError `config-invalid`: the options are wrong, not the file */
export function unsound(what: string, hint = 'correct the options for reading the table'): CairnError {
  return new CairnError('config-invalid', `CSV options: ${what}`, { hint });
}
