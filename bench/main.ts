import type { BenchReport } from './schema.ts';
import { growthPlot } from './growth/plot.ts';
import { dirname, join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { allExact, runBench } from './run.ts';
import { inChild } from './support/child.ts';

const data = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The command. @returns its exit code: 0, 1 if a sum was not exact, 2 for an invalid command line */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    say(`bench: ${thrown.message}`);
    return 2;
  }
  if (options.help) {
    data(USAGE);
    return 0;
  }
  const plan = options.quick ? quickPlan() : fullPlan();
  const note = (text: string): void => say(`bench: ${text} …`);
  const report = await runBench(plan, options.tables, { run: inChild, print: data, note });
  for (const path of writeReport(report, options)) say(`bench: wrote ${path}`);
  if (allExact(report)) return 0;
  say('bench: a sum was not exact');
  return 1;
}

/** Writes the requested files, and returns their paths. */
function writeReport(report: BenchReport, { json, out }: Pick<Options, 'json' | 'out'>): string[] {
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
