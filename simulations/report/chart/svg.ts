import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { replaceControls } from '../page.ts';
import { FONT_SIZE } from './measure.ts';

/** Attributes in which Plot writes coordinates with full precision. */
const GEOMETRY = ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height'];

/** The text alternative of a chart. */
interface Words {
  /** Unique on the page; title, description and clip paths add to it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/**
 * Draws a plot as SVG for a page: the same options give the same text. It needs no separate style sheet, which the
 * page's content security policy would refuse; Plot's counted ids are replaced by ids of this page.
 */
export function drawSvg(options: Plot.PlotOptions, words?: Words): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, figure: false, document });
  svg.querySelector('style')?.remove();
  svg.setAttribute('class', words === undefined ? 'swatch' : 'plot');
  svg.setAttribute('font-size', String(FONT_SIZE));
  svg.removeAttribute('font-family');

  const renamed = new Map<string, string>();
  for (const element of svg.querySelectorAll('[id]')) {
    const id = `${words?.id ?? 'swatch'}-${renamed.size + 1}`;
    renamed.set(`url(#${element.id})`, `url(#${id})`);
    element.id = id;
  }
  for (const element of svg.querySelectorAll('*')) {
    const clip = element.getAttribute('clip-path');
    if (clip !== null) element.setAttribute('clip-path', renamed.get(clip) ?? clip);
    for (const name of GEOMETRY) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, value.replace(/-?\d*\.\d{3,}(?:e[+-]?\d+)?/g, shortNumber));
    }
  }
  if (words === undefined) {
    svg.setAttribute('aria-hidden', 'true');
    return replaceControls(svg.outerHTML);
  }

  const make = (name: 'title' | 'desc', text: string) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    element.id = `${words.id}-${name}`;
    element.textContent = text;
    return element;
  };
  svg.prepend(make('title', words.title), make('desc', words.description));
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-labelledby', `${words.id}-title`);
  svg.setAttribute('aria-describedby', `${words.id}-desc`);
  return replaceControls(svg.outerHTML);
}

function shortNumber(digits: string): string {
  return String(Number(Number(digits).toFixed(2)));
}
