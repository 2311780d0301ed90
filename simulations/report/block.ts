import type { Block } from './blocks.ts';
import { renderChart } from './chart/chart.ts';
import { renderFacts } from './facts.ts';
import { renderImages } from './images.ts';
import type { Page } from './page.ts';
import { renderTable } from './table.ts';
import { renderText } from './text.ts';

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
