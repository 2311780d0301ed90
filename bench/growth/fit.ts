/** A measured point. */
export interface Point {
  readonly x: number;
  readonly ms: number;
}

/** ms ≈ factor · x^exponent. */
export interface Power {
  readonly exponent: number;
  readonly factor: number;
  /** Share of the logarithms' variance that the fit explains. */
  readonly r2: number;
}

/** Least squares on logarithms, over at least two points with different x. */
export function fitPower(points: readonly Point[]): Power {
  const xs = points.map(({ x }) => Math.log(x));
  const ys = points.map(({ ms }) => Math.log(ms));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const sum = (term: (i: number) => number): number => points.reduce((all, _, i) => all + term(i), 0);
  const xx = sum((i) => (xs[i]! - x0) ** 2);
  const xy = sum((i) => (xs[i]! - x0) * (ys[i]! - y0));
  const yy = sum((i) => (ys[i]! - y0) ** 2);
  const exponent = xy / xx;
  return { exponent, factor: Math.exp(y0 - exponent * x0), r2: yy === 0 ? 1 : xy ** 2 / (xx * yy) };
}
