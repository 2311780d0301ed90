import type { BlockOf } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { figure, inline, type Page } from './page.ts';
import { pngSize } from './png.ts';

/** Pixels: what the page has room for beside the text too, the text's column, and between two pictures. */
const PAGE = 992;
const COLUMN = 736;
const GAP = 16;

/** A small picture is enlarged to this width at least, if its pixels allow it; one alone up to the second. */
const LEAST = 200;
const LARGEST = 640;

/** Pictures side by side, inlined, with the words under each. One that was not recorded leaves a frame that says so. */
export function renderImages(block: BlockOf<'images'>, page: Page): string {
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

/** How often a row of pictures is enlarged: one whole number for all, so that each pixel becomes a square. */
function enlargement(widths: readonly number[]): number {
  const widest = Math.max(1, ...widths);
  const sum = widths.reduce((total, width) => total + width, 0);
  const room = Math.floor((PAGE - GAP * (widths.length - 1)) / Math.max(1, sum));
  return Math.max(1, Math.min(room, Math.floor(LARGEST / widest)), Math.ceil(LEAST / widest));
}

function missing(name: string, reason: string): string {
  return `<p class="empty">The image ${escapeHtml(name)} ${reason}.</p>`;
}
