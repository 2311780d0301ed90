import type { BlockOf } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { formatScalar } from './format.ts';
import { inline } from './page.ts';

/** Names and values, one under the other. */
export function renderFacts(block: BlockOf<'facts'>): string {
  const caption = block.caption === undefined ? '' : `<p class="facts-caption">${inline(block.caption)}</p>\n`;
  if (block.facts.length === 0) return `${caption}<p class="empty">Nothing was recorded.</p>`;
  return caption + definitions(block.facts.map(([name, value]) => [name, escapeHtml(formatScalar(value))]));
}

/** A list of names and of values that are HTML already. */
export function definitions(entries: readonly (readonly [name: string, html: string])[]): string {
  const rows = entries.map(([name, html]) => `<div><dt>${escapeHtml(name)}</dt><dd>${html}</dd></div>`);
  return `<dl class="facts">\n${rows.join('\n')}\n</dl>`;
}
