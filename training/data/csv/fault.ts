import { CairnError } from '../../../protocol/errors.ts';

/** Where in a file something is. */
export interface Place {
  /** Number of the row from 1, as a spreadsheet counts: the header row and empty ones too. */
  readonly row: number;
  /** Line of the file where the row begins; another number than the row's once a field holds a line break. */
  readonly line: number;
  /** The column's name. */
  readonly column?: string;
}

/**
 * An error that names file, row and column. Nothing of a field goes into it: an owner's data have no place in a log.
 * @returns a CairnError `data-malformed`
 */
export function fault(file: string, place: Place | undefined, what: string, hint?: string): CairnError {
  const at = place === undefined ? '' : `, row ${place.row}${place.line === place.row ? '' : ` (line ${place.line})`}`;
  const column = place?.column === undefined ? '' : `, column "${place.column}"`;
  return new CairnError('data-malformed', `${file}${at}${column}: ${what}`, {
    hint: hint ?? 'correct the file there; nothing was read from it',
  });
}

/** @returns a CairnError `config-invalid`: the options are at fault, not the file */
export function unsound(what: string, hint = 'correct the options that the table is read with'): CairnError {
  return new CairnError('config-invalid', `CSV options: ${what}`, { hint });
}
