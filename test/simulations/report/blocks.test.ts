import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { renderBlock } from '../../../simulations/report/render.ts';
import type { Block } from '../../../simulations/report/blocks.ts';
import { createPage } from '../../../simulations/report/page.ts';
import { imageGrid } from '../../../simulations/report/png.ts';

const draw = (block: Block, images = new Map<string, Uint8Array>()) =>
  parseHTML(`<main>${renderBlock(block, createPage(images, new Set(['rows'])))}</main>`).document;

const texts = (root: ParentNode, selector: string) =>
  [...root.querySelectorAll(selector)].map((element) => element.textContent);

describe('text', () => {
  test('an empty line parts paragraphs, and backticks set code', () => {
    const document = draw({ kind: 'text', text: 'one `a < b`\nstill one\n \n\n two ``\n\n' });
    expect(texts(document, 'p')).toEqual(['one a < b\nstill one', 'two ``']);
    expect(texts(document, 'code')).toEqual(['a < b']);
  });
});

describe('tables', () => {
  const table: Block = {
    kind: 'table',
    caption: 'Costs.',
    columns: [
      { key: 'name', label: 'Name' },
      { key: 'count', label: 'Count' },
      { key: 'share', label: 'Share', percent: true },
      { key: 'time', label: 'Time', digits: 2 },
      { key: 'ok', label: 'Fits' },
    ],
    rows: [
      { name: 'a', count: 1234567, share: 0.1234, time: 1.005e3, ok: true },
      { name: 'b', count: -0.000_012_5, share: null, time: -0.001, ok: false },
    ],
    data: ['rows'],
  };

  test('cells are written for people', () => {
    const document = draw(table);
    expect(texts(document, 'tbody tr:nth-child(1) > *')).toEqual([
      'a',
      '1\u202f234\u202f567',
      '12.3\u202f%',
      '1005.00',
      'yes',
    ]);
    expect(texts(document, 'tbody tr:nth-child(2) > *')).toEqual(['b', '−1.25\u202f×\u202f10⁻⁵', '–', '0.00', 'no']);
  });

  test('columns and rows have headers with a scope, the caption a number, and numbers stand flush right', () => {
    const document = draw(table);
    expect(document.querySelectorAll('thead th[scope=col]')).toHaveLength(5);
    expect(document.querySelectorAll('tbody th[scope=row]')).toHaveLength(2);
    expect(texts(document, 'thead .numeric')).toEqual(['Count', 'Share', 'Time']);
    expect(texts(document, 'figcaption > p')[0]).toBe('Table 1. Costs.');
    expect(document.querySelector('figcaption a')?.getAttribute('href')).toBe('data/rows.csv');
  });

  test('an empty table says that nothing was recorded', () => {
    const document = draw({ ...table, rows: [] });
    expect(document.querySelector('table')).toBeNull();
    expect(texts(document, '.empty')).toEqual(['No rows were recorded.']);
  });

  test('a key that a row only inherits is not there', () => {
    const document = draw({ kind: 'table', caption: '', columns: [{ key: 'toString', label: 'x' }], rows: [{ a: 1 }] });
    expect(texts(document, 'tbody th')).toEqual(['–']);
  });
});

describe('facts', () => {
  test('names and values stand in pairs', () => {
    const document = draw({
      kind: 'facts',
      caption: 'Set',
      facts: [
        ['n', 12345],
        ['ok', true],
        ['who', null],
      ],
    });
    expect(texts(document, 'dt')).toEqual(['n', 'ok', 'who']);
    expect(texts(document, 'dd')).toEqual(['12\u202f345', 'yes', '–']);
    expect(texts(draw({ kind: 'facts', facts: [] }), '.empty')).toEqual(['Nothing was recorded.']);
  });
});

describe('images', () => {
  const picture = imageGrid({ images: new Float32Array(60), count: 1, rows: 6, columns: 10 });

  test('a recorded image is inlined, described, and enlarged by an integer', () => {
    const document = draw(
      {
        kind: 'images',
        caption: 'See.',
        images: [
          { name: 'a', label: 'after 1 round' },
          { name: 'b', label: '' },
        ],
      },
      new Map([
        ['a', picture],
        ['b', picture],
      ]),
    );
    const [first, second] = document.querySelectorAll('img');
    const source = first!.getAttribute('src')?.replace('data:image/png;base64,', '') ?? '';
    expect(new Uint8Array(Buffer.from(source, 'base64'))).toEqual(picture);
    expect([first, second].map((image) => image!.getAttribute('alt'))).toEqual(['after 1 round', 'b']);
    const [width, height] = ['width', 'height'].map((name) => Number(first!.getAttribute(name)));
    expect(width! % 10).toBe(0);
    expect(width).toBeGreaterThanOrEqual(200);
    expect(height! * 10).toBe(width! * 6);
  });

  test('an image that is missing or damaged leaves a frame that says so', () => {
    const document = draw(
      {
        kind: 'images',
        caption: '',
        images: [
          { name: 'gone', label: 'x' },
          { name: 'torn', label: 'y' },
        ],
      },
      new Map([['torn', picture.slice(0, 20)]]),
    );
    expect(texts(document, '.empty')).toEqual(['The image gone was not recorded.', 'The image torn is damaged.']);
    expect(document.querySelector('img')).toBeNull();
  });
});
