import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault, readJson } from '../../protocol/json.ts';
import { errorOf } from '../coordinator/support/errors.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where a string is not JSON', () => {
  it.each<[string, string, number, number, string]>([
    ['a comma too many', '{\n  "a": 1,\n}', 3, 1, 'expected something after the previous comma'],
    ['a comma too few', '{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected a comma or a }'],
    ['a comma too few in a list', '[1\n 2]', 2, 2, 'expected a comma or a ]'],
    ['a comment', '{\n  // port\n  "port": 1 }', 2, 3, 'comments are not part of JSON'],
    ['other quotes', "{ 'a': 1 }", 1, 3, 'strings and names need straight double quotes'],
    ['quotes of a word processor', '{ “a”: 1 }', 1, 3, 'strings and names need straight double quotes'],
    ['a name without quotes', '{ a: 1 }', 1, 3, 'expected the name of a field, in double quotes'],
    ['a field without a value', '{ "a": }', 1, 8, 'expected a value'],
    ['a name alone', '{ "a" }', 1, 7, 'expected a colon after the name of a field'],
    ['a word', '[yes]', 1, 2, 'expected a value'],
    ['another bracket', '{ "a": [1, 2}', 1, 13, 'expected a ]'],
    ['a bracket too many', '{}\n}', 2, 1, 'one } too many'],
    ['two values', '{} {}', 1, 4, 'more text follows the end of the JSON'],
    ['half of it', '{ "a": [1,', 1, 11, 'it ends too early: 2 objects and lists are still open'],
    ['nothing', ' \n', 2, 1, 'it is empty'],
    ['a string without an end', '{ "a": "b', 1, 8, 'a string begins here and does not end'],
    ['a path of Windows', '"C:\\data"', 1, 4, 'a backslash that begins no escape; write two for a literal one'],
  ])('%s', (_, text, line, column, message) => {
    expect(jsonFault(text)).toEqual({ line, column, message });
  });

  it('is found just where an engine finds none, whatever the text', () => {
    const json = fc.json().map((text) => ({ text, cut: 0 }));
    const broken = fc.tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', ':', '1', '\n', '\\'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          json.map(({ text }) => text),
          broken.map(([text, at, put]) => {
            const place = at % (text.length + 1);
            return text.slice(0, place) + put + text.slice(place + (put === '' ? 1 : 0));
          }),
        ),
        (text) => {
          expect(jsonFault(text) === undefined).toBe(parses(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is found in a string of any depth', () => {
    expect(jsonFault('['.repeat(200_000))).toMatchObject({ line: 1, column: 200_001 });
  });
});

describe('a file of JSON', () => {
  it('may begin with a byte order mark, as an editor on Windows leaves it', () => {
    expect(readJson('\uFEFF{ "a": 1 }', 'cairn.json')).toEqual({ a: 1 });
  });

  it('is named with line and column, and none of it is quoted: it may hold a secret', () => {
    const secret = 'ab'.repeat(32);
    const error = errorOf(() => readJson(`{\n  "seed": "${secret}",,\n}`, 'anna.identity.json'));
    expect(error).toMatchObject({
      code: 'config-unreadable',
      message: 'anna.identity.json is not JSON: line 2, column 78: expected the name of a field, in double quotes',
    });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain('abab');
  });
});
