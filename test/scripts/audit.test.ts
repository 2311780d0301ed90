import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'cairn-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PINNED = { resolved: 'https://example.org/a.tgz', integrity: 'sha512-AAAA' };
const CLEAN = JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} });

let files = 0;
function file(text: string): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, text);
  return path;
}

/** Runs the audit over a lock file's packages and an answer of `npm audit`. */
function audit(
  packages: object,
  report: string,
  env: object = {},
): { readonly code: number | null; readonly said: string } {
  const args = ['scripts/audit.mjs', '--lock', file(JSON.stringify({ packages })), '--report', file(report)];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  return { code: status, said: stdout };
}

describe('the audit of dependencies', () => {
  it('passes what is pinned and has no known weakness', () => {
    const packages = {
      '': {},
      'node_modules/a': PINNED,
      'node_modules/b': { ...PINNED, hasInstallScript: true, dev: true },
    };
    expect(audit(packages, CLEAN)).toEqual({
      code: 0,
      said: 'audit: the registry knows of no serious vulnerability\n',
    });
  });

  it.each([
    ['no hash', { resolved: PINNED.resolved }, 'is not pinned'],
    ['a weak hash', { ...PINNED, integrity: 'sha1-AAAA' }, 'is not pinned'],
    ['a script at install', { ...PINNED, hasInstallScript: true }, 'runs a script'],
    ['a source without TLS', { ...PINNED, resolved: 'git+ssh://example.org/a' }, 'does not come over https'],
  ])('fails for a package with %s', (_what, entry, words) => {
    const { code, said } = audit({ 'node_modules/a': entry }, CLEAN);
    expect(code).toBe(1);
    expect(said).toContain(`node_modules/a ${words}`);
  });

  it('fails for serious advisories, and for no others', () => {
    const report = (severity: string): string =>
      JSON.stringify({ vulnerabilities: { a: { name: 'a', severity, range: '<2.0.0' } } });
    expect(audit({}, report('critical'))).toEqual({
      code: 1,
      said: 'audit: a <2.0.0 has a known vulnerability (critical)\n',
    });
    expect(audit({}, report('high')).code).toBe(1);
    expect(audit({}, report('moderate')).code).toBe(0);
  });

  it('says plainly that nobody could be asked, and passes unless an answer is required', () => {
    for (const answer of ['', '{ "message": "405 Method Not Allowed" }', 'not JSON']) {
      const { code, said } = audit({}, answer);
      expect(code).toBe(0);
      expect(said).toContain('could not be asked');
      expect(audit({}, answer, { CAIRN_AUDIT: 'required' }).code).toBe(1);
    }
  });
});
