/*
 * `npm run soak`: the shipped coordinator with many clients over real sockets, some of them hostile, for minutes. Ends
 * with 1 where it crashed, leaked, or a sum was not that of the inputs in it.
 */
import { type Crowd, joinCrowd } from './crowd.ts';
import { CROWD, type CrowdWord } from './crowd-process.ts';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { soak } from './soak.ts';
import { complaints, summary } from './summary.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    say(`soak: ${thrown.message}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const { clients, hostile, minutes, seed } = options;
  say(`soak: ${clients} clients, ${hostile} % hostile, ${minutes} minutes, seed ${seed}`);
  const findings = await soak(options, (text) => say(`soak: ${text}`));
  print(summary(findings));
  const wrong = complaints(findings, options);
  for (const text of wrong) say(`soak: ${text}`);
  return wrong.length === 0 ? 0 : 1;
}

const [word, given] = process.argv.slice(2);
if (word === CROWD) {
  const tell = (message: CrowdWord): void => void process.send!(message);
  // An orphan has nobody to tell.
  process.on('disconnect', () => process.exit());
  await joinCrowd(
    JSON.parse(given!) as Crowd,
    (said) => tell({ kind: 'said', said }),
    (text) => tell({ kind: 'fault', text }),
  );
} else {
  process.exitCode = await main(process.argv.slice(2));
}
