import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CairnError } from '../protocol/errors.ts';
import { ownLine } from '../protocol/own-line.ts';

/** Milliseconds that another process may take to find the line of a syntax error. */
const TIMEOUT_MS = 10_000;

/** Node's output for a module that it cannot parse or link: the file and line, and the line's text. */
const PLACE = /^((?:file:\/\/)?(?:\/|[A-Za-z]:\\).*):(\d+)\n(.*)$/m;

/**
 * Why the module of an app could not be loaded, in its author's terms: the file, the line and the message, without
 * stack frames of this program or of Node.
 * @param option - the option that named the module
 * @returns `config-unreadable` if the file does not exist, else `app-failed`
 */
export async function loadFault(option: string, path: string, thrown: unknown): Promise<CairnError> {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!(await isThere(path))) {
    return new CairnError('config-unreadable', `${option} ${path} cannot be loaded: the file does not exist`, {
      cause: thrown,
      hint: 'check the path; the module must be JavaScript that Node can import',
    });
  }
  const parsed = thrown instanceof SyntaxError ? ((await linkPlace(path)) ?? stackPlace(thrown)) : undefined;
  // Code that parses text at run time throws a SyntaxError, too.
  const place = parsed ?? ownLine(thrown);
  const text = `${option} ${path} cannot be loaded: ${place === undefined ? '' : `${place}: `}${message}`;
  return new CairnError('app-failed', text, {
    cause: thrown,
    hint:
      (thrown as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? 'the module must be JavaScript that Node can import: compile it first'
        : `fix ${place === undefined ? 'the module' : 'that line'}, or what it imports or reads`,
  });
}

/** Whether the file exists. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** For CommonJS modules, the parser names the file only in the text before the stack. */
function stackPlace({ stack = '' }: Error): string | undefined {
  return placeIn(stack);
}

function placeIn(text: string): string | undefined {
  const found = PLACE.exec(text);
  if (found === null) return undefined;
  const [, file, line, source] = found;
  const shown = source!.trim();
  return `${file!.replace(/^file:\/\/(?=\/)/, '')}:${line}${shown === '' ? '' : ` ("${shown.slice(0, 60)}")`}`;
}

/**
 * Where a module, or one that it imports, cannot be parsed. Node prints this only when the error ends the process. So
 * another process imports the module after one that exits: the two are linked together, and no line of the app runs
 * twice.
 */
function linkPlace(path: string): Promise<string | undefined> {
  const modules = ['data:text/javascript,process.exit(0)', pathToFileURL(resolve(path)).href];
  const source = modules.map((url) => `import ${JSON.stringify(url)};`).join('');
  return new Promise((done) => {
    let output = '';
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => (output += text));
    child.once('error', () => done(undefined));
    child.once('close', () => done(placeIn(output)));
  });
}
