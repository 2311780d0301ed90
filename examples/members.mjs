// Makes members for rounds that do not trust the coordinator (adversary "active"): an authority, an identity file for
// each name, and the member directory that the authority signs. It prints what to put into the coordinator's file.
//
//   node examples/members.mjs FOLDER NAME NAME NAME …
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeIdentity } from 'cairn-fl/client';
import { generateIdentity, memberId, portablePrimitives, signDirectory, systemRandom, toHex } from 'cairn-fl/protocol';

const [folder, ...names] = process.argv.slice(2);
const refuse = (text) => {
  process.stderr.write(`members: ${text}\n`);
  process.exit(2);
};
if (names.length < 3) refuse('usage: node examples/members.mjs FOLDER NAME NAME NAME … (three names at least)');
if (new Set(names).size < names.length) refuse('a name is given twice');
for (const name of names) if (!/^[\w-]+$/.test(name)) refuse(`"${name}": letters, digits, "_" and "-" only`);
// A new folder, so that no identity is ever overwritten.
await mkdir(folder).catch(({ code }) =>
  refuse(`${folder} cannot be made (${code}); choose a folder that does not exist`),
);

const authority = generateIdentity(portablePrimitives, systemRandom);
const issued = Math.floor(Date.now() / 1000);
const dates = { serial: 1, issued, notAfter: issued + 365 * 86_400 };
const entries = [];
for (const [i, name] of names.entries()) {
  const keys = generateIdentity(portablePrimitives, systemRandom);
  const identity = { member: i + 1, name, keys, authorityKey: authority.publicKey };
  await writeIdentity(join(folder, `${name}.identity.json`), identity);
  entries.push({ member: memberId(i + 1), name, identityKey: keys.publicKey, notAfter: dates.notAfter, tasks: [] });
}
const file = resolve(folder, 'members.directory');
await writeFile(file, signDirectory(portablePrimitives, authority, dates, entries));
// The authority's secret key is gone with this process: nobody can be added to this directory later.
process.stdout.write(`"directory": ${JSON.stringify({ file, authorityKey: toHex(authority.publicKey) })}\n`);
