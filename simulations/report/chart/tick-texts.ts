import type { Axis } from '../blocks.ts';
import { formatNumber } from '../format.ts';
import { createAxis, type DrawnAxis, share, tickFormat } from './axis.ts';
import { LINE_HEIGHT, shorten, textWidth, wrapText } from './measure.ts';

/** The labels under an x axis. */
export interface TickTexts {
  /** Text of each tick, with lines separated by line feeds. */
  readonly text: (tick: number) => string;
  /** Degrees; 0 if the labels fit side by side. */
  readonly rotate: number;
  /** Pixels that they occupy below the axis. */
  readonly height: number;
  /** Pixels that the first one needs to the left of the frame. */
  readonly overhang: number;
}

/** Pixels between the labels of two ticks. */
const GAP = 12;
const ANGLE = 40;
const LONGEST = 180;

/**
 * The x axis of categories: each at the middle of a slot of width 1; labels are wrapped, or rotated if that is not
 * enough.
 */
export function categoryTicks(categories: readonly string[], inner: number): { axis: DrawnAxis; texts: TickTexts } {
  const slot = inner / categories.length;
  const axis: DrawnAxis = {
    type: 'linear',
    domain: [-0.5, categories.length - 0.5],
    ticks: categories.map((_, index) => index),
    format: (tick) => categories[tick]!,
  };
  const wrapped = categories.map((category) => wrapText(category, slot - GAP));
  const lines = Math.max(...wrapped.map((texts) => texts.length));
  if (lines <= 3 && wrapped.flat().every((text) => textWidth(text) <= slot - GAP / 2)) {
    const text = (tick: number) => wrapped[tick]!.join('\n');
    return { axis, texts: { text, rotate: 0, height: lines * LINE_HEIGHT + 6, overhang: 0 } };
  }
  const cut = categories.map((category) => shorten(category, LONGEST));
  const longest = Math.max(...cut.map(textWidth));
  const radians = (ANGLE * Math.PI) / 180;
  return {
    axis,
    texts: {
      text: (tick) => cut[tick]!,
      rotate: -ANGLE,
      height: Math.ceil(longest * Math.sin(radians)) + LINE_HEIGHT,
      overhang: Math.ceil(textWidth(cut[0]!) * Math.cos(radians) - slot / 2),
    },
  };
}

/** The x axis of numbers: ticks at the values themselves if these are few and fit, at round numbers otherwise. */
export function numberTicks(
  asked: Axis,
  values: readonly number[],
  inner: number,
): { axis: DrawnAxis; texts: TickTexts } {
  const type = asked.scale === 'log' ? 'log' : 'linear';
  const domain = asked.domain && { asked: asked.domain };
  const make = (count: number) => createAxis({ type, ...domain, values, bars: false, count, round: false });
  let axis = make(8);
  for (let count = 7; count >= 2 && !haveRoom(axis, inner); count--) axis = make(count);

  const [low, high] = axis.domain;
  const distinct = [...new Set(values)].filter((value) => value >= low && value <= high).sort((a, b) => a - b);
  if (
    distinct.length > 1 &&
    distinct.length <= 8 &&
    distinct.every((value) => Number.isInteger(value) || type === 'log')
  ) {
    const format = type === 'log' ? (value: number) => formatNumber(value) : tickFormat(distinct);
    const own: DrawnAxis = { ...axis, ticks: distinct, format };
    if (haveRoom(own, inner)) axis = own;
  }
  return { axis, texts: { text: axis.format, rotate: 0, height: LINE_HEIGHT + 6, overhang: 0 } };
}

function haveRoom(axis: DrawnAxis, inner: number): boolean {
  const ends = axis.ticks.map((tick) => {
    const half = textWidth(axis.format(tick)) / 2;
    const middle = share(axis, tick) * inner;
    return [middle - half, middle + half];
  });
  return ends.every(([left], index) => index === 0 || left! - ends[index - 1]![1]! >= GAP);
}
