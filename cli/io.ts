import { isErrorCode, ERROR_CODES, type CairnError } from '../protocol/errors.ts';
import { printable } from '../protocol/printable.ts';
import { StatusLine } from './status-line.ts';

/** Exit codes of every command; those of errors are listed with their codes in protocol/errors.ts. */
export const EXIT = { ok: 0, interrupted: 130 } as const;

/** Colours only on a terminal, and never if NO_COLOR is set (no-color.org). */
const coloured = (stream: { readonly isTTY?: boolean }): boolean =>
  stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';

const paint =
  (code: number) =>
  (text: string, stream: { readonly isTTY?: boolean } = process.stderr) =>
    coloured(stream) ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint(1);
const dim = paint(2);
const red = paint(31);

/** The line that is updated in place, on a terminal. */
export const live = new StatusLine(process.stderr);

/** Prints data, for programs that read the output. */
export function data(line: string): void {
  live.above(() => process.stdout.write(`${line}\n`));
}

/** Prints a message for the user at the terminal. Text from other parties in it must be printable. */
export function say(line: string): void {
  live.above(() => process.stderr.write(`${line}\n`));
}

/** Prints an error as one line with cause and hint, and returns the exit code. */
export function fail(error: CairnError, verbose: boolean): number {
  say(`${red('cairn:')} ${error.message} ${dim(`[${error.code}]`)} — ${error.hint}`);
  if (verbose) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      for (const line of (cause.stack ?? cause.message).split('\n')) say(dim(`  ${printable(line)}`));
  }
  return ERROR_CODES[error.code].exit;
}

/** What `cairn explain CODE` prints; undefined for a code that does not exist. */
export function explanation(code: string): string | undefined {
  if (!isErrorCode(code)) return undefined;
  const { meaning, hint, exit } = ERROR_CODES[code];
  return `${code}: ${meaning}\nhint: ${hint}\nexit code: ${exit}`;
}
