import type { Row } from '../laboratory/rows.ts';
import type { BlockOf, Column } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber, formatPercent, formatScalar } from './format.ts';
import { figure, type Page } from './page.ts';

/** From this many columns on a table may be wider than the text. */
const WIDE_COLUMNS = 7;

function cellText(column: Column, row: Row): string {
  const value = Object.hasOwn(row, column.key) ? row[column.key] : null;
  if (typeof value !== 'number') return formatScalar(value);
  return column.percent === true ? formatPercent(value, column.digits) : formatNumber(value, column.digits);
}

/** A table: the first column names the rows, numbers stand flush right. It scrolls within itself on a narrow screen. */
export function renderTable(block: BlockOf<'table'>, page: Page): string {
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
