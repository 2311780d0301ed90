// Loaded before a process's own code: kills it after its nth operation on files, as `kill -9` does, for n in KILL_AT;
// what it writes to its output counts too. Between two operations nothing changes outside, so all n together are all
// moments.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.KILL_AT);
let done = 0;

function count() {
  if (++done === at) process.kill(process.pid, 'SIGKILL');
}

function counted(object, name) {
  const original = object[name];
  object[name] = async function (...given) {
    const result = await original.apply(this, given);
    count();
    return result;
  };
}

const { writeSync } = fs;
fs.writeSync = (...given) => {
  writeSync(...given);
  count();
};

const handle = await fs.promises.open(process.execPath, 'r');
const methods = Object.getPrototypeOf(handle);
await handle.close();
for (const name of [
  'appendFile',
  'close',
  'read',
  'readFile',
  'stat',
  'sync',
  'truncate',
  'utimes',
  'write',
  'writeFile',
]) {
  counted(methods, name);
}
for (const name of ['link', 'open', 'readFile', 'rename', 'rm', 'truncate', 'writeFile']) counted(fs.promises, name);
syncBuiltinESMExports();
