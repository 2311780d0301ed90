const PARTS = [
  'protocol',
  'training',
  'learning',
  'platform',
  'inference',
  'client',
  'coordinator',
  'simulations',
  'cli',
];

/** Folders of this program, whose lines are of no use to an app's author. */
function ownFolders(): readonly string[] {
  // Not in the types: a bundler whose output is not a module omits it.
  const { url } = import.meta as { readonly url?: string };
  if (url === undefined) return [];
  return [...PARTS.map((part) => `${part}/`), 'cli.'].map((folder) => new URL(`../${folder}`, url).href);
}

/** A stack frame as V8 writes it, with or without a function name: the file, and the line in it. */
const V8_FRAME = /^ *at (?:async )?(?:.*\()?((?:[a-z-]+:\/\/|\/|[A-Za-z]:\\).*?):(\d+):\d+\)?$/;

/** The same as Firefox and Safari write it. */
const OTHER_FRAME = /^(?:[^@]*@)((?:[a-z-]+:\/\/|\/).*?):(\d+):\d+$/;

/** A path as a file URL, just enough for a comparison. */
const asUrl = (file: string): string =>
  /^[a-z-]{2,}:\/\//.test(file) ? file : `file://${file.startsWith('/') ? '' : '/'}${file.replaceAll('\\', '/')}`;

/**
 * Where an error came from, in code outside this program: `FILE:LINE` of the innermost such frame.
 * @returns undefined if the stack names no such line, as for a value that is not an Error, or in a page that is one
 *   bundle
 */
export function ownLine(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return undefined;
  const own = ownFolders();
  for (const frame of thrown.stack.split('\n')) {
    const found = V8_FRAME.exec(frame) ?? OTHER_FRAME.exec(frame);
    if (found === null) continue;
    const [, file, line] = found;
    const url = asUrl(file!);
    if (own.some((folder) => url.startsWith(folder)) || url.includes('/node_modules/')) continue;
    return `${file!.replace(/^file:\/\/(?=\/)/, '')}:${line}`;
  }
  return undefined;
}
