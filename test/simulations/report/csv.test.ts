import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Row, Scalar } from '../../../simulations/laboratory/series.ts';
import { toCsv } from '../../../simulations/report/rows.ts';

/** RFC 4180, read one character at a time; whether a field was quoted tells an empty string from nothing. */
function parseCsv(text: string): { value: string; quoted: boolean }[][] {
  const records: { value: string; quoted: boolean }[][] = [];
  let at = 0;
  while (at < text.length) {
    const record: { value: string; quoted: boolean }[] = [];
    for (;;) {
      let value = '';
      const quoted = text[at] === '"';
      if (quoted) {
        for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
          if (at >= text.length) throw new Error('a quoted field that never ends');
          if (text[at] === '"') at++;
          value += text[at]!;
        }
        at++;
      } else while (at < text.length && !/[,\r\n"]/.test(text[at]!)) value += text[at++]!;
      record.push({ value, quoted });
      if (text[at] !== ',') break;
      at++;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no end of line at ${at}`);
    at += 2;
    records.push(record);
  }
  return records;
}

test('any rows are read back as they were', () => {
  const scalar: fc.Arbitrary<Scalar> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.constantFrom('=1+1', '+1', '-1', '@x', '', ' ', 'a,b', 'a"b', 'a\r\nb', 'a\nb'),
  );
  const key = fc.constantFrom('a', 'b', 'c,d', '"e"', '=f');
  fc.assert(
    fc.property(fc.array(fc.dictionary(key, scalar, { minKeys: 1 }), { minLength: 1 }), (rows: Row[]) => {
      const [head, ...body] = parseCsv(toCsv(rows));
      const keys = head!.map(({ value }) => value);
      expect(keys).toEqual([...new Set(rows.flatMap((row) => Object.keys(row)))]);
      expect(body).toHaveLength(rows.length);
      body.forEach((record, index) => {
        expect(record).toHaveLength(keys.length);
        record.forEach(({ value, quoted }, column) => {
          const expected = (rows[index] as Readonly<Record<string, Scalar | undefined>>)[keys[column]!] ?? null;
          if (expected === null) expect({ value, quoted }).toEqual({ value: '', quoted: false });
          else if (typeof expected === 'number') expect(Number(value)).toBe(expected === 0 ? 0 : expected);
          else expect(value).toBe(String(expected));
          if (expected === '') expect(quoted).toBe(true);
        });
      });
    }),
  );
});

test('keys come in the order in which rows first have them; what looks like a formula is quoted', () => {
  expect(
    toCsv([
      { b: 1, a: '=SUM(A1)' },
      { c: true, b: null },
    ]),
  ).toBe('b,a,c\r\n1,"=SUM(A1)",\r\n,,true\r\n');
  expect(toCsv([])).toBe('');
});
