// A process that works under the lock of a file: what it does is its first word, and its options are JSON.
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { locked } from '../../../dist/platform/index.js';

const [deed, path, text = '{}'] = process.argv.slice(2);
const { times = 1, among = 1, machine, careless = false, ...options } = JSON.parse(text);
if (machine !== undefined) options.holder = { pid: process.pid, machine, started: '' };

const tell = (line) => process.stdout.write(`${line}\n`);
const untilThere = async (file) => {
  while (!existsSync(file)) await sleep(5);
};
const count = async () => Number(await readFile(path, 'utf8').catch(() => '0'));

/** Adds one to the number in the file, as slowly as files are, and writes down that it was alone meanwhile. */
async function increment() {
  await appendFile(`${path}.journal`, `in ${process.pid}\n`);
  const before = await count();
  await sleep(1);
  await writeFile(path, String(before + 1));
  await appendFile(`${path}.journal`, `out ${process.pid}\n`);
}

const deeds = {
  /** Counts, beside others that do. */
  async count() {
    tell('ready');
    await untilThere(`${path}.go`);
    for (let i = 0; i < times; i++) await locked(path, increment, options);
    tell('done');
  },

  /** Counts without the lock: all have read before the first one writes. */
  async countUnlocked() {
    const before = await count();
    await writeFile(`${path}.read-${process.pid}`, '');
    tell('read');
    await untilThere(`${path}.go`);
    await writeFile(path, String(before + 1));
  },

  /** Dies with the lock in its hands. */
  async die() {
    tell('ready');
    await untilThere(`${path}.go`);
    await locked(path, () => process.kill(process.pid, 'SIGKILL'), options);
  },

  /** Holds the lock until it is told to write. */
  async hold() {
    await locked(
      path,
      async (lock) => {
        tell('in');
        await untilThere(`${path}.finish-${among}`);
        if (!careless) await lock.assertHeld();
        await writeFile(path, `by ${among}`);
        tell('wrote');
      },
      options,
    );
    tell('done');
  },
};

try {
  await deeds[deed]();
} catch (thrown) {
  tell(`failed ${thrown.code}: ${thrown.message}`);
  process.exitCode = 1;
}
