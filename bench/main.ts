import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { allExact, runBench } from './run.ts';
import { inChild } from './support/child.ts';
import { writeReport } from './write.ts';

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
