import type { BlockOf } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { figure, inline, type Page } from './page.ts';
import { pngSize } from './png.ts';

/** Width in pixels up to which a small picture is enlarged, each of its pixels to a whole number of the screen's. */
const ENLARGED_ALONE = 448;
const ENLARGED_BESIDE = 224;

/** Pictures side by side, inlined, with the words under each. One that was not recorded leaves a frame that says so. */
export function renderImages(block: BlockOf<'images'>, page: Page): string {
  const limit = block.images.length === 1 ? ENLARGED_ALONE : ENLARGED_BESIDE;
  const items = block.images.map(({ name, label }) => {
    const words = `<span class="label">${inline(label)}</span>`;
    return `<li>${picture(page, name, label, limit)}${words}</li>`;
  });
  return figure(page, 'Figure', {
    className: block.images.length > 3 ? 'images wide' : 'images',
    caption: block.caption,
    body: items.length === 0 ? '<p class="empty">No images were recorded.</p>' : `<ul>\n${items.join('\n')}\n</ul>`,
    ...(block.data && { data: block.data }),
  });
}

function picture(page: Page, name: string, label: string, limit: number): string {
  const bytes = page.images.get(name);
  if (bytes === undefined) return `<p class="empty">The image ${escapeHtml(name)} was not recorded.</p>`;
  const size = pngSize(bytes);
  if (size === undefined) return `<p class="empty">The image ${escapeHtml(name)} is damaged.</p>`;
  const times = Math.max(1, Math.floor(limit / size.width));
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const alt = escapeHtml(label === '' ? name : label);
  return `<img src="data:image/png;base64,${source}" alt="${alt}" width="${size.width * times}" height="${size.height * times}">`;
}
