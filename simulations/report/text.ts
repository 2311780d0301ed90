import type { BlockOf } from './blocks.ts';
import { inline } from './page.ts';

/** Paragraphs of plain text. */
export function renderText(block: BlockOf<'text'>): string {
  return paragraphs(block.text.split(/\n[ \t]*\n/));
}

/** Each text as a paragraph; empty ones are left out. */
export function paragraphs(texts: readonly string[], className?: string): string {
  const attribute = className === undefined ? '' : ` class="${className}"`;
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => `<p${attribute}>${inline(text)}</p>`)
    .join('\n');
}
