import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { renderReport, type Report } from '../../../simulations/report/html.ts';
import { NASTY, sampleReport, sections, serverTimes } from './sample.ts';

const open = (changes: Partial<Report> = {}) => parseHTML(renderReport(sampleReport(changes))).document;

const texts = (root: ParentNode, selector: string) =>
  [...root.querySelectorAll(selector)].map((element) => element.textContent.trim());

describe('a report as a page', () => {
  test('the same input gives the same bytes, however many were drawn before', () => {
    const first = renderReport(sampleReport());
    renderReport(sampleReport({ title: 'between' }));
    expect(renderReport(sampleReport())).toBe(first);
  });

  test('no text of a report becomes markup, wherever it stands', () => {
    const caption = NASTY;
    const document = open({
      title: NASTY,
      lead: [NASTY],
      experiment: NASTY,
      command: NASTY,
      version: NASTY,
      node: NASTY,
      started: NASTY,
      preset: NASTY,
      settings: { [NASTY]: NASTY },
      data: [NASTY],
      sections: [
        {
          title: NASTY,
          blocks: [
            { kind: 'text', text: NASTY },
            { kind: 'facts', caption, facts: [[NASTY, NASTY]] },
            {
              kind: 'table',
              caption,
              columns: [{ key: NASTY, label: NASTY }],
              rows: [{ [NASTY]: NASTY }],
              data: [NASTY],
            },
            { kind: 'images', caption, images: [{ name: NASTY, label: NASTY }] },
            {
              kind: 'chart',
              caption,
              x: { label: NASTY, scale: 'category' },
              y: { label: NASTY },
              lines: [
                { label: NASTY, points: [{ x: NASTY, y: 1 }] },
                { label: NASTY, points: [] },
                { label: NASTY, style: 'bars', source: 'paper', points: [{ x: NASTY, y: 2 }] },
              ],
              levels: [{ y: 1, label: NASTY }],
            },
          ],
        },
      ],
    });
    expect(document.querySelectorAll('script, img, [onerror]')).toHaveLength(0);
    expect(document.querySelector('title')?.textContent).toBe(NASTY);
    expect(document.querySelector('h1')?.textContent).toBe(NASTY);
    expect(texts(document, 'table th')).toEqual([NASTY, NASTY]);
    expect(texts(document, '.legend li')).toContain(NASTY);
    for (const element of document.querySelectorAll('*')) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^(on|style$)/);
    }
  });

  test('control characters, which no HTML document may hold, are replaced in text and charts', () => {
    const title = 'a\0b\u001bc';
    const lines = [{ label: title, points: [{ x: 1, y: 1 }] }];
    const chart = { kind: 'chart', caption: title, x: { label: title }, y: { label: title }, lines } as const;
    const html = renderReport(sampleReport({ title, sections: [{ title, blocks: [chart] }] }));
    expect(html).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f]/);
    expect(html).toContain('<h1>a\ufffdb\ufffdc</h1>');
  });

  test('nothing is loaded but inlined images, and the policy says so', () => {
    const html = renderReport(sampleReport());
    const { document } = parseHTML(html);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content');
    expect(policy).toMatch(/^default-src 'none'; img-src data:; style-src 'sha256-[^']+';/);
    expect(document.querySelectorAll('script, link, iframe, object, embed, base')).toHaveLength(0);
    for (const image of document.querySelectorAll('img'))
      expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
    expect(html).not.toMatch(/https?:|\burl\((?!#)/);
  });

  test('ids are unique, and every reference to one leads somewhere', () => {
    const chart = { title: 'Figure 1', blocks: [serverTimes, serverTimes] };
    const document = open({ sections: [...sections, chart, chart] });
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    const references = ['aria-labelledby', 'aria-describedby', 'href'].flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name) ?? ''),
    );
    const inside = references.filter((reference) => !reference.startsWith('data/'));
    expect(inside.length).toBeGreaterThan(20);
    for (const reference of inside) expect(ids).toContain(reference.replace('#', ''));
  });

  test('a figure links to the files of its series that exist, by relative paths', () => {
    const document = open({ data: ['accuracy', 'odd name&'] });
    const links = [...document.querySelectorAll('figure a')].map((link) => link.getAttribute('href'));
    expect(links).toEqual(['data/accuracy.csv', 'data/accuracy.jsonl']);
    const all = [...document.querySelectorAll('.files a')].map((link) => link.getAttribute('href'));
    expect(all).toEqual([...links, 'data/odd%20name%26.csv', 'data/odd%20name%26.jsonl']);
  });

  test('settings, seed, versions and command stand at the end; a seed keeps its digits together', () => {
    const document = open();
    const last = [...document.querySelectorAll('section')].at(-1);
    expect(texts(last!, 'h2')).toEqual(['This run']);
    const facts = new Map(
      [...last!.querySelectorAll('dl > div')].map((row) => [texts(row, 'dt')[0], texts(row, 'dd')[0]]),
    );
    expect(facts.get('Seed')).toBe('20170101');
    expect(facts.get('Preset')).toBe('paper');
    expect(facts.get('Cairn')).toBe('0.1.0');
    expect(facts.get('Node')).toBe('v20.19.0');
    expect(facts.get('clients')).toBe('[100,500,1000]');
    expect(facts.get('graph')).toBe('complete');
    expect(texts(last!, 'pre')[0]).toContain('cairn simulate dropout --preset paper');
  });

  test('a run without preset and start says nothing of them', () => {
    const facts = texts(open({ preset: undefined, started: undefined }), 'dt');
    expect(facts).not.toContain('Preset');
    expect(facts).not.toContain('Started');
  });

  test('a stopped run says so above everything else', () => {
    expect(texts(open(), '.stopped')).toEqual([]);
    const document = open({ interrupted: true });
    expect(texts(document, '.stopped')[0]).toContain('stopped before its end');
    expect(texts(document, 'dd')).toContain('no, stopped before its end');
  });

  test('more than three sections have a table of contents', () => {
    expect(open({ sections: sections.slice(0, 3) }).querySelector('nav')).toBeNull();
    const document = open({ sections: sections.slice(0, 4) });
    expect(texts(document, 'nav a')).toEqual([...sections.slice(0, 4).map(({ title }) => title), 'This run']);
  });

  test('a report of no section is still a page', () => {
    expect(texts(open({ sections: [], lead: [], data: [], images: new Map(), settings: {} }), 'h2')).toEqual([
      'This run',
    ]);
  });
});
