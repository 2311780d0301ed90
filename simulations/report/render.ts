import type { Block, BlockOf, Column } from './blocks.ts';
import { renderChart } from './chart/chart.ts';
import { formatNumber, formatPercent, formatScalar } from './format.ts';
import { escapeHtml, figure, inline, type Page, renderText } from './page.ts';
import { pngSize } from './png.ts';
import type { Row } from './rows.ts';

/** Tables with at least this many columns may be wider than the text. */
const WIDE_COLUMNS = 7;

function cellText(column: Column, row: Row): string {
  const value = Object.hasOwn(row, column.key) ? row[column.key] : null;
  if (typeof value !== 'number') return formatScalar(value);
  return column.percent === true ? formatPercent(value, column.digits) : formatNumber(value, column.digits);
}

/** A table: the first column names the rows, numbers are right-aligned. It scrolls by itself on a narrow screen. */
function renderTable(block: BlockOf<'table'>, page: Page): string {
  const numeric = block.columns.map(({ key }) => block.rows.some((row) => typeof row[key] === 'number'));
  const head = block.columns.map(
    (column, index) => `<th scope="col"${numeric[index] ? ' class="numeric"' : ''}>${escapeHtml(column.label)}</th>`,
  );
  const body = block.rows.map((row) => {
    const cells = block.columns.map((column, index) => {
      const className = numeric[index] ? ' class="numeric"' : '';
      const text = escapeHtml(cellText(column, row));
      return index === 0 ? `<th scope="row"${className}>${text}</th>` : `<td${className}>${text}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const table = `<table>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>`;
  const empty = block.rows.length === 0 || block.columns.length === 0;
  return figure(page, 'Table', {
    className: block.columns.length >= WIDE_COLUMNS ? 'table wide' : 'table',
    caption: block.caption,
    body: empty
      ? '<p class="empty">No rows were recorded.</p>'
      : `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(block.caption)}">${table}</div>`,
    ...(block.data && { data: block.data }),
  });
}

/** Names and values, one below the other. */
function renderFacts(block: BlockOf<'facts'>): string {
  const caption = block.caption === undefined ? '' : `<p class="facts-caption">${inline(block.caption)}</p>\n`;
  if (block.facts.length === 0) return `${caption}<p class="empty">Nothing was recorded.</p>`;
  return caption + definitions(block.facts.map(([name, value]) => [name, escapeHtml(formatScalar(value))]));
}

/** A list of names and of values that are already HTML. */
export function definitions(entries: readonly (readonly [name: string, html: string])[]): string {
  const rows = entries.map(([name, html]) => `<div><dt>${escapeHtml(name)}</dt><dd>${html}</dd></div>`);
  return `<dl class="facts">\n${rows.join('\n')}\n</dl>`;
}

/** Pixels: the page's full width, the text column's width, and the gap between two pictures. */
const PAGE = 992;
const COLUMN = 736;
const GAP = 16;

/** A small picture is enlarged to at least this width, if its pixels allow it; a single one up to the second. */
const LEAST = 200;
const LARGEST = 640;

/** Pictures side by side, inlined, with a caption under each. A missing one is replaced by a frame that says so. */
function renderImages(block: BlockOf<'images'>, page: Page): string {
  const sizes = block.images.map(({ name }) => pngSize(page.images.get(name) ?? new Uint8Array(0)));
  const times = enlargement(sizes.flatMap((size) => size?.width ?? []));
  const total = sizes.reduce((sum, size) => sum + (size?.width ?? 0) * times + GAP, -GAP);
  const items = block.images.map(({ name, label }, index) => {
    const size = sizes[index];
    const words = `<span class="label">${inline(label)}</span>`;
    const bytes = page.images.get(name);
    if (bytes === undefined) return `<li>${missing(name, 'was not recorded')}${words}</li>`;
    if (size === undefined) return `<li>${missing(name, 'is damaged')}${words}</li>`;
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const alt = escapeHtml(label === '' ? name : label);
    const box = `width="${size.width * times}" height="${size.height * times}"`;
    return `<li><img src="data:image/png;base64,${source}" alt="${alt}" ${box}>${words}</li>`;
  });
  return figure(page, 'Figure', {
    className: total > COLUMN ? 'images wide' : 'images',
    caption: block.caption,
    body: items.length === 0 ? '<p class="empty">No images were recorded.</p>' : `<ul>\n${items.join('\n')}\n</ul>`,
    ...(block.data && { data: block.data }),
  });
}

/** Factor by which a row of pictures is enlarged: one integer for all, so that each pixel becomes a square. */
function enlargement(widths: readonly number[]): number {
  const widest = Math.max(1, ...widths);
  const sum = widths.reduce((total, width) => total + width, 0);
  const room = Math.floor((PAGE - GAP * (widths.length - 1)) / Math.max(1, sum));
  return Math.max(1, Math.min(room, Math.floor(LARGEST / widest)), Math.ceil(LEAST / widest));
}

function missing(name: string, reason: string): string {
  return `<p class="empty">The image ${escapeHtml(name)} ${reason}.</p>`;
}

/** A block as HTML. */
export function renderBlock(block: Block, page: Page): string {
  switch (block.kind) {
    case 'text':
      return renderText(block);
    case 'table':
      return renderTable(block, page);
    case 'chart':
      return renderChart(block, page);
    case 'images':
      return renderImages(block, page);
    case 'facts':
      return renderFacts(block);
  }
}
