/*
 * `npm run disturb`: the same training twice with the shipped coordinator and client over real sockets, once in peace and
 * once with a part of all steps disturbed at random. Ends with 1 where the second comes to another model than the first.
 */
import { rm } from 'node:fs/promises';
import { complaintsOf } from './complaints.ts';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { prepare } from './scene.ts';
import { train, type Training } from './train.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function trained(options: Options, share: number): Promise<Training> {
  const scene = await prepare(options);
  try {
    return await train(scene, options, share);
  } finally {
    await rm(scene.folder, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    say(`disturb: ${thrown.message}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const { rounds, members, share, seed } = options;
  say(`disturb: ${rounds} rounds, ${members} members, ${share} % of all steps, seed ${seed}`);
  const peaceful = await trained(options, 0);
  say(`disturb: in peace: ${peaceful.attempts} attempts`);
  const disturbed = await trained(options, share);
  let sum = 0;
  for (const [what, states] of disturbed.disturbed) {
    const times = [...states.values()].reduce((a, b) => a + b);
    sum += times;
    print(`${what}: ${times} (${[...states].map(([state, count]) => `${state} ${count}`).join(', ')})`);
  }
  print(`disturbed: ${sum} of ${disturbed.steps} steps, ${disturbed.attempts} attempts, ${disturbed.repeated} repeats`);
  print(`last model: ${disturbed.last}`);
  const complaints = complaintsOf(peaceful, disturbed, rounds);
  for (const complaint of complaints) say(`disturb: ${complaint}`);
  print(complaints.length === 0 ? 'the same models as in peace' : 'NOT the same models as in peace');
  return complaints.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
