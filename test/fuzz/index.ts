/*
 * `npm run fuzz`: every decoder and whole rounds under inputs that nobody would send. Targets run in processes of
 * their own; the first failure of each is shrunk, and printed with the command that runs it again.
 */
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { type End, Worker, WORKER } from './supervisor.ts';
import type { Target } from './target.ts';
import { targets } from './targets/index.ts';
import { type Word, work, type Work } from './work.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Inputs of each target: as many in all as were asked for, at least one each. */
function spread(chosen: readonly Target[], { seed, inputs, path }: Options): Work[] {
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  return chosen.map(({ name, share }) => ({
    target: name,
    seed,
    inputs: path === undefined ? Math.max(1, Math.ceil((inputs * share) / shares)) : 1,
    ...(path === undefined ? {} : { path }),
  }));
}

function line(end: End): string {
  if (end.kind === 'failed') {
    const path = end.path === '' ? '' : ` --path ${end.path}`;
    return `${end.target}: FAILED after ${end.done} inputs\n${end.text}\nrun again: npm run fuzz -- --target ${end.target} --seed ${end.seed}${path}`;
  }
  const each = Math.round((1000 * end.done) / end.ms);
  const steps = end.steps === 0 ? '' : `, ${end.steps} steps of sessions`;
  return `${end.target}: ${end.done} inputs, ${each}/s${steps}`;
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
    if (options.help) {
      print(USAGE);
      return 0;
    }
    const unknown = options.targets.find((name) => !targets.some((target) => target.name.startsWith(name)));
    if (unknown !== undefined) throw new UsageError(`no target begins with "${unknown}"`);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    say(`fuzz: ${thrown.message}\n${USAGE}`);
    return 2;
  }
  const { targets: names, seed, workers } = options;
  const chosen = targets.filter(({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)));
  const waiting = spread(chosen, options);
  say(`fuzz: seed ${seed}, ${chosen.length} targets, ${workers} at a time`);
  const began = performance.now();
  const ends: End[] = [];
  const queue = async (): Promise<void> => {
    const worker = new Worker();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const end = await worker.run(next);
      ends.push(end);
      print(line(end));
    }
    worker.end();
  };
  await Promise.all(Array.from({ length: workers }, queue));
  const inputs = ends.reduce((sum, { done }) => sum + done, 0);
  const seconds = (performance.now() - began) / 1000;
  const failed = ends.filter(({ kind }) => kind === 'failed').length;
  print(
    `${inputs} inputs in ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)}/s, ${failed} of ${ends.length} targets failed`,
  );
  return failed === 0 ? 0 : 1;
}

if (process.argv[2] === WORKER) {
  process.on('message', (given) => work(given as Work, (word: Word) => void process.send!(word)));
} else {
  process.exitCode = await main(process.argv.slice(2));
}
