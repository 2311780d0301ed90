import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { growthPlot } from './growth/plot.ts';
import type { Options } from './options.ts';
import type { BenchReport } from './schema.ts';

/** Writes the requested files, and returns their paths. */
export function writeReport(report: BenchReport, { json, out }: Pick<Options, 'json' | 'out'>): string[] {
  const written: string[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    written.push(path);
  };
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  if (json !== undefined) write(json, text);
  if (out !== undefined) write(join(out, 'bench.json'), text);
  const folder = out ?? (json === undefined ? undefined : dirname(json));
  if (folder !== undefined && report.growth.length > 0) write(join(folder, 'growth.svg'), growthPlot(report.growth));
  return written;
}
