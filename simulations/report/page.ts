import type { BlockOf } from './blocks.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text escaped for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return replaceControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Replaces control characters that HTML documents must not contain by the replacement character. */
export function replaceControls(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd');
}

/** State that renderers share while one page is made: its pictures, its files, and the numbers used so far. */
export interface Page {
  /** PNG bytes by the image's name. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** Names of the series that have a file in data/. */
  readonly data: ReadonlySet<string>;
  /** An id that is still unused on the page, made from words. */
  id(words: string): string;
  /** The next number of a kind of figure, from 1. */
  number(kind: 'Figure' | 'Table'): number;
}

/** Begins a page. */
export function createPage(images: ReadonlyMap<string, Uint8Array>, data: ReadonlySet<string>): Page {
  const ids = new Set<string>();
  const numbers = { Figure: 0, Table: 0 };
  return {
    images,
    data,
    id: (words) => {
      const slug = words
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-+|-+$/g, '');
      const base = slug === '' ? 'part' : slug;
      let id = base;
      for (let copy = 2; ids.has(id); copy++) id = `${base}-${copy}`;
      ids.add(id);
      return id;
    },
    number: (kind) => ++numbers[kind],
  };
}

/** Links to the files of those series that have them: data/NAME.csv and data/NAME.jsonl beside the report. */
export function fileLinks(page: Page, names: readonly string[]): string[] {
  return [...new Set(names)]
    .filter((name) => page.data.has(name))
    .map((name) => {
      const path = escapeHtml(`data/${encodeURIComponent(name)}`);
      return `${escapeHtml(name)}: <a href="${path}.csv">CSV</a>, <a href="${path}.jsonl">JSON lines</a>`;
    });
}

/** A figure or table with its number, its caption, remarks on what could not be shown, and links to its data. */
export function figure(
  page: Page,
  kind: 'Figure' | 'Table',
  content: { className: string; caption: string; body: string; notes?: readonly string[]; data?: readonly string[] },
): string {
  const number = page.number(kind);
  const notes = (content.notes ?? []).map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('');
  const files = fileLinks(page, content.data ?? []).map((file) => `<span class="file">${file}</span>`);
  const data = files.length === 0 ? '' : `<p class="data">Data: ${files.join(' · ')}</p>`;
  return `<figure class="${content.className}" id="${page.id(`${kind} ${number}`)}">
${content.body}
<figcaption><p><span class="number">${kind} ${number}.</span> ${inline(content.caption)}</p>${notes}${data}</figcaption>
</figure>`;
}

/** Text of one paragraph or caption: escaped, with backticks rendered as code. */
export function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`\n]+)`/g, '<code>$1</code>');
}

/** Paragraphs of plain text. */
export function renderText(block: BlockOf<'text'>): string {
  return paragraphs(block.text.split(/\n[ \t]*\n/));
}

/** Each text as a paragraph; empty ones are omitted. */
export function paragraphs(texts: readonly string[], className?: string): string {
  const attribute = className === undefined ? '' : ` class="${className}"`;
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => `<p${attribute}>${inline(text)}</p>`)
    .join('\n');
}
