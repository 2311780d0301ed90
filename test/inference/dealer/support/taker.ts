import { readFile, writeFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { openPieces } from '../../../../inference/dealer/index.ts';
import { asCairnError } from '../../../../protocol/errors.ts';
import { SQUARE, USE } from './made.ts';

/**
 * A process that takes pieces of a file and says which: `PATH COUNT` takes them as any user does; `PATH COUNT late` takes
 * numbers from a file that is written only after they were said, which is the mistake that the tests must find.
 */
const [path, count, mode] = process.argv.slice(2) as [string, string, string | undefined];

/** At once: a process that is killed has said all that it was given. */
const say = (text: string): void => void writeSync(1, `${text}\n`);

async function take(): Promise<void> {
  const file = await openPieces(path, USE);
  say('open');
  for (let i = 0; i < Number(count); i++) {
    const { index, correlations } = await file.take();
    const { a } = correlations.take(SQUARE);
    say(`${index} ${a.join()}`);
  }
  await file.close();
}

async function takeLate(): Promise<void> {
  say('open');
  for (let i = 0; i < Number(count); i++) {
    const next = Number(await readFile(path, 'utf8'));
    say(`${next} late`);
    await writeFile(path, String(next + 1));
  }
}

try {
  await (mode === 'late' ? takeLate() : take());
  say('closed');
} catch (thrown) {
  const { code, message } = asCairnError(thrown);
  say(code === 'internal' ? `${code}: ${message}` : code);
}
