import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isTask, performTask, type RunTask, type Tasks } from '../tasks.ts';

// A task's process is started from the same entry as the command itself, with this argument first.
const TASK = '--task';
const ENTRY = fileURLToPath(new URL('../index.js', import.meta.url));

type Answer = { readonly result: unknown } | { readonly error: string };

/** Runs a task in a separate process. What that process prints goes to standard error. */
export const inChild: RunTask = (name, argument) =>
  new Promise<Tasks[typeof name]['result']>((resolve, reject) => {
    const child = fork(ENTRY, [TASK, name, JSON.stringify(argument)], { stdio: ['ignore', 2, 2, 'ipc'] });
    let answer: Answer | undefined;
    const abandon = (): void => void child.kill();
    // The channel may still hold the answer when the process has exited: both must have closed.
    let open = 2;
    const over = (): void => {
      if (--open > 0) return;
      process.off('exit', abandon);
      if (answer !== undefined && 'result' in answer) resolve(answer.result as Tasks[typeof name]['result']);
      else
        reject(new Error(`${name}: ${answer?.error ?? `its process ended (${child.signalCode ?? child.exitCode})`}`));
    };
    process.once('exit', abandon);
    child.on('message', (message) => (answer = message as Answer));
    child.on('error', reject);
    child.on('disconnect', over);
    child.on('exit', over);
  });

/** Runs the task that this process was started for, if it was started by {@link inChild}. */
export async function servedAsChild(args: readonly string[]): Promise<boolean> {
  const [word, name, argument] = args;
  if (word !== TASK || process.send === undefined || !isTask(name!)) return false;
  let answer: Answer;
  try {
    answer = { result: await performTask(name, JSON.parse(argument!) as never, inChild) };
  } catch (thrown) {
    answer = { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  // Handles left open by a library must not keep the process alive.
  process.send(answer, () => process.exit());
  return true;
}
