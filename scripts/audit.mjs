// Audits the dependencies: the lock file pins each of them by a hash, none that users install runs a script on
// installation, and the registry has no serious advisory about them. An unreachable registry is not a finding, unless
// CAIRN_AUDIT=required. `--lock FILE` and `--report FILE` check other files, the second a saved answer of `npm audit
// --json`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { lock: { type: 'string' }, report: { type: 'string' } } });
const say = (text) => process.stdout.write(`audit: ${text}\n`);

/** The problems of a lock file. */
function lockFindings({ packages = {} }) {
  const found = [];
  for (const [path, { integrity, hasInstallScript, dev, devOptional, link, resolved }] of Object.entries(packages)) {
    // The repository's own packages are not downloaded.
    if (!path.includes('node_modules/') || link) continue;
    if (!/^sha512-/.test(integrity ?? '')) found.push(`${path} is not pinned by a SHA-512 hash`);
    // Dependencies of an optional peer reach only users who chose that peer, and are ours only for development.
    if (hasInstallScript && !dev && !devOptional) found.push(`${path} runs a script when it is installed`);
    if (resolved !== undefined && !resolved.startsWith('https://')) found.push(`${path} does not come over https`);
  }
  return found;
}

/** Serious advisories in an answer of `npm audit`; undefined if it is not such an answer. */
function advisories(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof report?.vulnerabilities !== 'object') return undefined;
  return Object.values(report.vulnerabilities)
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ name, severity, range }) => `${name} ${range} has a known vulnerability (${severity})`);
}

function asked() {
  if (values.report !== undefined) return readFileSync(values.report, 'utf8');
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  return stdout ?? '';
}

const lock = lockFindings(JSON.parse(readFileSync(values.lock ?? resolve(root, 'package-lock.json'), 'utf8')));
const known = advisories(asked());
for (const finding of [...lock, ...(known ?? [])]) say(finding);
if (known === undefined)
  say('the registry could not be asked for advisories (no network, or it does not support them)');
else if (known.length === 0) say('the registry knows of no serious vulnerability');
const unanswered = known === undefined && process.env.CAIRN_AUDIT === 'required';
process.exitCode = lock.length > 0 || (known ?? []).length > 0 || unanswered ? 1 : 0;
