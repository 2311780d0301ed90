import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv as parseInBrowser } from '../../client/browser/csv.ts';
import {
  type CsvOptions,
  type CsvTable,
  engineApp,
  layers,
  loadCsv,
  parseCsv as parseInNode,
  sequential,
  subset,
} from '../../client/index.ts';
import { CairnError } from '../../protocol/errors.ts';

const COLUMNS = { age: 'number', ill: { type: 'label', values: ['no', 'yes'] } } as const;
const OPTIONS: CsvOptions = { columns: COLUMNS };

/** The error of a reading that fails, as `file, place: what` and its hint. */
async function refusal(reading: Promise<unknown>): Promise<CairnError> {
  const thrown = await reading.then(
    () => 'it was read',
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(CairnError);
  return thrown as CairnError;
}

/** Both builds of the library are held to the same. */
describe.each([
  ['in Node', parseInNode],
  ['in browsers', parseInBrowser],
])('parseCsv %s', (_, parseCsv) => {
  const read = (text: string, changes: Partial<CsvOptions> = {}): Promise<CsvTable> =>
    parseCsv(text, { ...OPTIONS, name: 'ward.csv', ...changes });
  const valuesOf = async (text: string, changes?: Partial<CsvOptions>): Promise<number[]> => [
    ...(await read(text, changes)).inputs,
  ];

  it('gives what the engine trains on, with the features in the order that was told', async () => {
    const table = await read('ill,ward,age,id\nyes,B,41,7\nno,A,30.5,8\n', {
      columns: { ward: { type: 'category', values: ['A', 'B', 'C'] }, id: 'ignore', ...COLUMNS },
    });
    expect(table).toEqual({
      inputs: Float32Array.of(0, 1, 0, 41, 1, 0, 0, 30.5),
      labels: Uint8Array.of(1, 0),
      ...{ examples: 2, inputSize: 4, inputShape: [4], classes: 2, features: ['ward=A', 'ward=B', 'ward=C', 'age'] },
    });
    const model = sequential([layers.dense(2)], table.inputShape);
    const app = engineApp(model, () => table);
    const metrics = await app.evaluate!(model.layout.unflatten(model.initialise(1)), await app.data());
    expect(metrics.examples).toBe(2);
  });

  it.each([
    ['a byte order mark', '\uFEFFage,ill\n1,no\n2,yes\n'],
    ['lines that end as on Windows', 'age,ill\r\n1,no\r\n2,yes\r\n'],
    ['lines that end as on old Macs', 'age,ill\r1,no\r2,yes'],
    ['lines that end in several ways', 'age,ill\r\n1,no\n2,yes\r'],
    ['no end of the last line, and spaces', ' age , ill \n 1 , no\n2 ,yes'],
    ['empty lines', '\n\nage,ill\n1,no\n\n2,yes\n\n\n'],
    ['quotes', '"age", "ill"\n"1",no\n2,"yes"\n'],
    ['semicolons', 'age;ill\n1;no\n2;yes\n'],
    ['tabs', 'age\till\n1\tno\n2\tyes\n'],
  ])('reads a table with %s', async (_name, text) => {
    const table = await read(text);
    expect([...table.inputs, ...table.labels]).toEqual([1, 2, 0, 1]);
  });

  it('reads quoted separators, quotes and line breaks', async () => {
    const table = await read('age,ward,ill\n1,"a, ""b""\nc",no\n', {
      columns: { ...COLUMNS, ward: { type: 'category', values: ['x', 'a, "b"\nc'] } },
    });
    expect([...table.inputs]).toEqual([1, 0, 1]);
  });

  it.each([
    ['.5', {}, 0.5],
    ['5.', {}, 5],
    ['-1.5e2', {}, -150],
    ['+3E-1', {}, Math.fround(0.3)],
    ['1,5', { decimal: ',', separator: ';' }, 1.5],
    ['-1.234.567,5', { decimal: ',', thousands: '.', separator: ';' }, -1_234_567.5],
    ['"1,234.5"', { thousands: ',' }, 1234.5],
    ['1 234,5', { decimal: ',', thousands: ' ', separator: ';' }, 1234.5],
    ['1\u202f234', { thousands: ' ' }, 1234],
    ["1'234", { thousands: "'" }, 1234],
  ] as const)('reads %s with %o as a number', async (field, changes, value) => {
    const separator = 'separator' in changes ? ';' : ',';
    expect(await valuesOf(`age${separator}ill\n${field}${separator}no\n`, changes)).toEqual([value]);
  });

  it.each([
    // An empty field as 0 was the example's own fault: nobody was told, and the model learned from it.
    ['', 'the field is empty', 'never 0'],
    ['  ', 'the field is empty', 'never 0'],
    ['NA', 'it is a marker for a missing value', 'missing: ["NA"]'],
    ['NaN', 'it is NaN or infinite', ''],
    ['-Infinity', 'it is NaN or infinite', ''],
    ['0x10', 'it is not written in decimal digits', ''],
    ['"1,5"', 'there is a "," between digits', 'decimal: ","'],
    ['"1,234"', 'there is a "," between digits', 'thousands: ","'],
    ['"1,234.5"', 'its digits are grouped in an undeclared way', 'thousands'],
    ['1 234', 'its digits are grouped in an undeclared way', 'thousands'],
    ['12 mg', 'it is text', ''],
    ['1e', 'it is text', ''],
    ['1e39', 'it is too large for a 32-bit float', ''],
    ['--1', 'it is text', ''],
    ['١٢', 'it is text', ''],
  ])('refuses %j where a number should be, with file, row, column and hint', async (field, found, hint) => {
    const error = await refusal(read(`age,ill\n1,no\n${field},no\n`));
    expect(error.code).toBe('data-malformed');
    expect(error.message).toBe(
      `ward.csv, row 3, column "age": expected a number, but ${error.message.split('but ')[1]}`,
    );
    expect(error.message).toContain(found);
    expect(error.hint).toContain(hint);
  });

  it('tells nothing of a field: what is in a log is not an owner’s data', async () => {
    const texts = ['Smith,no', '1,Smith', '1,no,Smith', '"Smith"x,no', '1Smith"2,no', '1,no\n"Smith,no'];
    for (const text of texts) {
      const { message, hint } = await refusal(read(`age,ill\n${text}\n`));
      expect(`${message} ${hint}`).not.toContain('Smith');
    }
    // Nor where the header row is missing, and names are looked for among data.
    const { message, hint } = await refusal(read('41,Smith\n42,Jones\n'));
    expect(message).toBe('ward.csv, row 1: expected the names of the columns, but there are numbers');
    expect(hint).toContain('header: [');
  });

  it('groups digits by three only, where groups are told', async () => {
    for (const field of ['12.34', '1234.567', '1.23.456', '.123']) {
      const { message } = await refusal(read(`age;ill\n${field};no\n`, { decimal: ',', thousands: '.' }));
      expect(message).toContain('row 2, column "age": expected a number');
    }
  });

  it('normalises by the mean and deviation that are given', async () => {
    const columns = { ...COLUMNS, age: { type: 'number', mean: 40, std: 10, fill: 40 } } as const;
    expect(await valuesOf('age,ill\n50,no\n\n25,yes\n?,no\n,no\n', { columns, missing: ['?'] })).toEqual([
      1, -1.5, 0, 0,
    ]);
  });

  it('fills missing values where it is told to, and never a label', async () => {
    const columns = { ward: { type: 'category', values: ['A', 'none'], fill: 'none' }, ...COLUMNS } as const;
    expect(await valuesOf('ward,age,ill\n,1,no\n', { columns })).toEqual([0, 1, 1]);
    const { message } = await refusal(read('ward,age,ill\nA,1,\n', { columns }));
    expect(message).toContain('ward.csv, row 2, column "ill": expected one of the 2 values');
    const unfilled = { ...columns, ward: { type: 'category', values: ['A', 'none'] } } as const;
    expect((await refusal(read('ward,age,ill\n,1,no\n', { columns: unfilled }))).message).toContain('is missing');
  });

  it('refuses a value that is none of a column’s', async () => {
    const { message, hint } = await refusal(read('age,ill\n1,no\n2,Yes\n'));
    expect(message).toBe('ward.csv, row 3, column "ill": the field is not one of the 2 values that the options name');
    expect(hint).toContain('case matters');
  });

  it('reads labels that are numbers apart, so that no classifier is trained on them', async () => {
    const table = await read('age,cost\n1,2.5\n2,-1\n', { columns: { age: 'number', cost: { type: 'label' } } });
    expect(table).toMatchObject({ targets: Float32Array.of(2.5, -1), labels: new Uint8Array(0), classes: 0 });
    const model = sequential([layers.dense(2)], [1]);
    const evaluating = engineApp(model, () => table).evaluate!(model.layout.unflatten(model.initialise(1)), table);
    expect((await refusal(evaluating)).code).toBe('data-malformed');
    expect(() => subset(table, [1])).toThrow('labels');
    const { hint } = await refusal(read('age,ill\n1,no\n', { columns: { age: 'number', ill: { type: 'label' } } }));
    expect(hint).toContain('values: [');
  });

  it('takes numbers for values, as a 0/1 label has them', async () => {
    const table = await read('age,ill\n1,1\n2,0\n', {
      columns: { age: 'number', ill: { type: 'label', values: [0, 1] } },
    });
    expect([...table.labels]).toEqual([1, 0]);
  });

  it.each([
    ['a field too few', '1\n', 'row 3: expected 2 fields, but there are 1'],
    ['a field too many', '1,no,2\n', 'row 3: expected 2 fields, but there are 3'],
    ['a decimal comma among commas', '1,5,no\n', 'row 3: expected 2 fields, but there are 3'],
    ['a quote that never ends', '"1,no\n2,no\n', 'row 3: a quote is opened and never closed'],
    ['something behind a quote', '"1"x,no\n', 'row 3: something follows a closed quote'],
    ['a quote within a field', '1"2,no\n', 'row 3: a quote appears within a field'],
  ])('refuses %s, and does not join or cut rows', async (_name, text, message) => {
    const error = await refusal(read(`age,ill\n1,no\n${text}`));
    expect(error.code).toBe('data-malformed');
    expect(error.message).toContain(`ward.csv, ${message}`);
  });

  it('counts rows as a spreadsheet does, and names the line where it is another', async () => {
    const columns = { ...COLUMNS, note: 'ignore' } as const;
    const { message } = await refusal(read('age,note,ill\n1,"a\nb\nc",no\n\nx,,no\n', { columns }));
    expect(message).toContain('ward.csv, row 4 (line 6), column "age"');
  });

  it.each([
    ['a missing column', 'aeg,ill\n1,no\n', 'there is no column "age" among 2; did you mean "aeg"?'],
    ['one that no other is like', 'temp,ill\n1,no\n', 'there is no column "age" among 2; there are temp, ill'],
    ['two columns of one name', 'age,age,ill\n1,1,no\n', 'two columns are named "age"'],
    ['a column that nobody named', 'age,ill,id\n1,no,1\n', 'the column "id" is not among those that the options name'],
  ])('refuses a header with %s', async (_name, text, what) => {
    const { code, message } = await refusal(read(text));
    expect([code, message]).toEqual(['data-malformed', `ward.csv, row 1: ${what}`]);
  });

  it('leaves out columns that nobody named where it is told to, nameless ones too', async () => {
    expect(await valuesOf(',age,ill,,id\n1,2,no,3,4\n', { others: 'ignore' })).toEqual([2]);
  });

  it('reads a file without a header row by the names that are given', async () => {
    expect(await valuesOf('3;no\n4;yes\n', { header: ['age', 'ill'] })).toEqual([3, 4]);
    const { message } = await refusal(read('age,ill\n3,no\n', { header: ['age', 'ill'] }));
    expect(message).toContain('row 1, column "age": expected a number, but it is text');
  });

  it('asks which separator it is where two would do', async () => {
    const { message, hint } = await refusal(read('1,5;no\n', { header: ['age', 'ill'] }));
    expect(message).toBe('ward.csv: its fields may be separated by comma or semicolon');
    expect(hint).toContain('separator: ');
    expect(await valuesOf('1,5;no\n', { header: ['age', 'ill'], separator: ';', decimal: ',' })).toEqual([1.5]);
  });

  it('reads bytes and blobs, in the encoding that is told', async () => {
    const columns = { ...COLUMNS, ill: { type: 'label', values: ['nein', 'möglich'] } } as const;
    const latin = Uint8Array.from('age,ill\n1,m\u00f6glich\n', (letter) => letter.charCodeAt(0));
    const { message, hint } = await refusal(parseCsv(latin, { columns, name: 'ward.csv' }));
    expect(message).toBe('ward.csv: it is not in UTF-8');
    expect(hint).toContain('windows-1252');
    for (const source of [latin, new Blob([latin])]) {
      expect([...(await parseCsv(source, { columns, encoding: 'windows-1252' })).labels]).toEqual([1]);
    }
    const wide = Uint8Array.of(
      0xff,
      0xfe,
      ...'age,ill\n1,nein'.split('').flatMap((letter) => [letter.charCodeAt(0), 0]),
    );
    expect((await refusal(parseCsv(wide, { columns }))).hint).toContain('utf-16le');
    expect([...(await parseCsv(wide, { columns, encoding: 'utf-16le' })).labels]).toEqual([0]);
  });

  it.each(['', '\n\n', 'age,ill\n', 'age,ill'])('refuses %j: a table without rows', async (text) => {
    const error = await refusal(read(text));
    expect([error.code, error.message]).toEqual(['data-empty', 'ward.csv: it has no rows of data']);
  });

  it.each([
    [{ seperator: ';' }, 'config-unknown-key', 'unknown key "seperator"'],
    [{ columns: undefined, colums: {} }, 'config-unknown-key', 'unknown key "colums"'],
    [{ columns: undefined }, 'config-invalid', 'columns: expected an object, but it is missing'],
    [{ separator: '|' }, 'config-invalid', 'separator: expected one of ",", ";", "\\t", but it is "|"'],
    [{ decimal: ',', thousands: ',' }, 'config-invalid', 'decimal and thousands are both ","'],
    [{ encoding: 'klingon' }, 'config-invalid', 'encoding "klingon" is unknown'],
    [{ columns: { age: 'number' } }, 'config-invalid', 'no column is the label'],
    [{ columns: { ...COLUMNS, b: COLUMNS.ill } }, 'config-invalid', '"ill" and "b" are all labels'],
    [{ columns: { ill: COLUMNS.ill } }, 'config-invalid', 'no column gives a feature'],
    [{ columns: { ...COLUMNS, age: 'text' } }, 'config-invalid', 'column "age" must be'],
    [{ columns: { ...COLUMNS, age: null } }, 'config-invalid', 'column "age" must be'],
    [
      { columns: { ...COLUMNS, age: { type: 'number', men: 3 } } },
      'config-unknown-key',
      'column "age": unknown key "men"',
    ],
    [{ columns: { ...COLUMNS, age: { type: 'number', std: 0 } } }, 'config-invalid', 'column "age".std'],
    [{ columns: { ...COLUMNS, age: { type: 'category' } } }, 'config-invalid', 'column "age".values'],
    [{ columns: { ...COLUMNS, age: { type: 'category', values: ['a', 'a '] } } }, 'config-invalid', '"a" twice'],
    [{ columns: { ...COLUMNS, age: { type: 'category', values: ['a'], fill: 'b' } } }, 'config-invalid', 'fill "b"'],
    [{ columns: { age: 'number', ill: { type: 'label', values: ['a'] } } }, 'config-invalid', 'at least 2 values'],
  ])('refuses the options %j', async (changes, code, what) => {
    const error = await refusal(read('age,ill\n1,no\n', changes as Partial<CsvOptions>));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(what)]);
  });

  it('reads back every table of 32-bit floats to the bit, however it is written', async () => {
    const cell = fc.float({ noNaN: true, noDefaultInfinity: true });
    const style = fc.record({
      separator: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      quoted: fc.boolean(),
      decimal: fc.constantFrom('.', ','),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), style, async (rows, how) => {
        const { separator, end, decimal } = how;
        const quoted = how.quoted || separator === decimal;
        const write = (value: number): string => {
          const text = (Object.is(value, -0) ? '-0' : String(value)).replace('.', decimal);
          return quoted ? `"${text}"` : text;
        };
        const lines = rows.map((row) => [...row.map(write), 'no'].join(separator));
        const text = [['a', 'b', 'ill'].join(separator), ...lines].join(end);
        const columns = { a: 'number', b: 'number', ill: COLUMNS.ill } as const;
        const { inputs } = await parseCsv(text, { columns, decimal: decimal });
        expect(inputs).toEqual(Float32Array.from(rows.flat()));
      }),
      { numRuns: 60 },
    );
  });
});

describe('loadCsv', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-csv-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reads a file, and names it in errors', async () => {
    const file = join(folder, 'ward.csv');
    await writeFile(file, 'age,ill\n1,no\n,yes\n');
    const error = await refusal(loadCsv(file, OPTIONS));
    expect(error.message).toBe(`${file}, row 3, column "age": expected a number, but the field is empty`);
    await writeFile(file, 'age,ill\n1,no\n2,yes\n');
    expect([...(await loadCsv(file, OPTIONS)).inputs]).toEqual([1, 2]);
    expect([...(await loadCsv(pathToFileURL(file), OPTIONS)).inputs]).toEqual([1, 2]);
  });

  it('says which file is not there, and where it looked', async () => {
    const error = await refusal(loadCsv(join(folder, 'no.csv'), OPTIONS));
    expect([error.code, error.message]).toEqual([
      'data-missing',
      `${join(folder, 'no.csv')} cannot be read: there is no such file`,
    ]);
    expect(error.hint).toContain(process.cwd());
    expect(await refusal(loadCsv(folder, OPTIONS))).toMatchObject({
      code: 'data-missing',
      message: `${folder} cannot be read: it is a folder`,
    });
  });
});
