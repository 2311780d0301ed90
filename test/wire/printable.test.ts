import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';

/** What is never to reach a terminal from a string of somebody else. */
const FORBIDDEN = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i),
  ...[0xad, 0x034f, 0x061c, 0x115f, 0x1160, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069],
  ...[0x2800, 0x3164, 0xd800, 0xdfff, 0xe000, 0xfeff, 0xffa0, 0xfff9, 0xffff, 0xe0001, 0xe0041, 0x10ffff],
];

describe('a string that is made printable', () => {
  it.each(FORBIDDEN.map((code) => [code.toString(16)]))('has no U+%s in it, and tells that it was there', (hex) => {
    const character = String.fromCodePoint(parseInt(hex, 16));
    const shown = printable(`a${character}b`);
    expect(shown).not.toContain(character);
    expect(shown).toMatch(/^a\\u(\{[0-9a-f]{5,6}\}|[0-9a-f]{4})b$/);
    expect(shown).toContain(hex);
  });

  it.each(['Zürich', '日本語', 'naïve – “quoted”…', '🙂', 'a\\b', '|·→'])(
    'is as it was where it is harmless: %s',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it('cannot push a line of its own making out of a long run of blanks', () => {
    const wide = ` ${'\u3000\u00a0'.repeat(100)} `;
    expect(printable(`no${wide}round 7: committed`)).toBe('no round 7: committed');
  });

  it('is not changed by doing it again', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(texts, (text) => {
        const shown = printable(text);
        expect(printable(shown)).toBe(shown);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('JSON that is printable', () => {
  it('parses to what it was made from, whatever its texts are', () => {
    const values = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 100 }));
    fc.assert(
      fc.property(values, (value) => {
        const line = printableJson(value);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
    for (const code of FORBIDDEN) {
      const value = { text: String.fromCodePoint(code) };
      expect(JSON.parse(printableJson(value))).toEqual(value);
      expect(printableJson(value)).not.toContain(value.text);
    }
  });
});

describe('an error', () => {
  it('is one printable line, message and hint, whoever wrote what is in it', () => {
    const { message, hint, stack } = new CairnError('refused', 'no\r\nround 7\u001b[2J', { hint: 'a\u202eb' });
    expect(message).toBe('no\\u000d\\u000around 7\\u001b[2J');
    expect(hint).toBe('a\\u202eb');
    expect(stack).not.toContain('\u001b');
  });
});
