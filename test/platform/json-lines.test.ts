import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendJsonLine, appendJsonLineDurably, readJsonLines } from '../../platform/index.ts';
import type { JsonLinesFormat } from '../../platform/json-lines.ts';

interface Entry {
  readonly n: number;
}

const format: JsonLinesFormat<Entry> = {
  accepts: (value): value is Entry => typeof value === 'object' && value !== null && 'n' in value,
  refuse: ({ number, text, cause }) => new Error(`line ${number} is "${text}"`, { cause }),
  unreadable: ({ code }) => new Error(`unreadable: ${code}`),
};

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-lines-'));
  path = join(folder, 'lines.jsonl');
});

afterEach(() => rm(folder, { recursive: true }));

describe('a file of JSON lines', () => {
  it('that is missing or empty has no values, and reading makes no file', async () => {
    expect(await readJsonLines(path, format)).toEqual([]);
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, '');
    expect(await readJsonLines(path, format)).toEqual([]);
  });

  it('gives what was appended, in order, whichever way', async () => {
    appendJsonLine(path, { n: 1, text: 'a\nb' });
    await appendJsonLineDurably(path, { n: 2 });
    appendJsonLine(path, { n: 3 });
    expect(await readJsonLines(path, format)).toEqual([{ n: 1, text: 'a\nb' }, { n: 2 }, { n: 3 }]);
  });

  it.each(['{"n":2', '{"n":2}', '{"text":"naïv', Buffer.from('{"text":"ï').subarray(0, -1)])(
    'loses a last line without its end, and takes further ones behind the whole lines: %s',
    async (torn) => {
      const whole = '{"n":1,"text":"naïve"}\n';
      await writeFile(path, Buffer.concat([Buffer.from(whole), Buffer.from(torn)]));
      expect(await readJsonLines(path, format)).toHaveLength(1);
      expect(await readFile(path, 'utf8')).toBe(whole);
      appendJsonLine(path, { n: 5 });
      expect(await readJsonLines(path, format)).toMatchObject([{ n: 1 }, { n: 5 }]);
    },
  );

  it.each(['{"n":', '7', 'null', '{}', ''])(
    'with a line that is no value is refused and left as it is: "%s"',
    async (line) => {
      const text = `{"n":1}\n${line}\n{"n":3}\n{"cut`;
      await writeFile(path, text);
      await expect(readJsonLines(path, format)).rejects.toThrow(`line 2 is "${line}"`);
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  it('tells JSON that is false from JSON that is no value', async () => {
    const causeOf = (text: string): Promise<unknown> =>
      writeFile(path, `${text}\n`)
        .then(() => readJsonLines(path, format))
        .catch((thrown: unknown) => (thrown as Error).cause);
    expect(await causeOf('rubbish')).toBeInstanceOf(SyntaxError);
    expect(await causeOf('7')).toBeUndefined();
  });

  it('passes over empty lines where the format says so', async () => {
    await writeFile(path, '\n{"n":1}\n\n{"n":2}\n');
    expect(await readJsonLines(path, { ...format, skipEmpty: true })).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('refuses what is there but is no file, in the words of its caller', async () => {
    await mkdir(path);
    await expect(readJsonLines(path, format)).rejects.toThrow('unreadable: EISDIR');
  });
});
