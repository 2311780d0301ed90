import { chmod } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificate, type Certificate } from '../support/certificate.ts';
import { cairnOnce } from './support/running.ts';
import { TINY_APP } from './support/client.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;
let files: Certificate;

beforeEach(async () => {
  world = await World.create();
  files = await certificate(world.folder);
  await world.enrol(3);
});

afterEach(() => world.end());

const tls = (): string[] => ['--tls-cert', files.cert, '--tls-key', files.key];

describe('over TLS', () => {
  it('members run a round with a coordinator whose certificate they trust', async () => {
    const config = await world.configure({ rounds: 1, cohort: 3 });
    const coordinator = await CoordinatorProcess.start([config, ...tls()]);
    expect(coordinator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const env = { NODE_EXTRA_CA_CERTS: files.cert };
    // One of them by another name of the same machine.
    const urls = [coordinator.url, coordinator.url, coordinator.url.replace('127.0.0.1', 'localhost')];
    const clients = urls.map((url, i) => world.member(url, i + 1, { env }));
    expect(await coordinator.report(1)).toMatchObject({ outcome: 'committed', included: 3 });
    expect(await coordinator.running.exited).toMatchObject({ code: 0 });
    for (const client of clients) expect(await client.event('committed')).toMatchObject({ included: true });
  });

  it('a client does not join where it does not trust the certificate', async () => {
    const config = await world.configure({ rounds: 1, cohort: 3 });
    const coordinator = await CoordinatorProcess.start([config, ...tls()]);
    const args = [
      'join',
      coordinator.url,
      '--identity',
      world.identity(1),
      '--app',
      TINY_APP,
      '--connect-timeout',
      '5',
    ];
    const { code, stderr } = await cairnOnce(args);
    expect([code, stderr.at(-1)]).toEqual([1, expect.stringMatching(/\[unreachable\].*/)]);
    expect(stderr.at(-1)).toMatch(/certificate/i);
    expect(coordinator.running.stdout).toEqual([]);
  });
});

describe('an address of the wrong scheme', () => {
  /** What `cairn join` says last; it would wait for an hour if it did not know. */
  const said = async (url: string): Promise<[code: number | null, last: string]> => {
    const args = ['join', url, '--identity', world.identity(1), '--app', TINY_APP, '--connect-timeout', '3600'];
    const { code, stderr } = await cairnOnce(args);
    return [code, stderr.slice(-2).join(' ')];
  };

  it('https where the coordinator speaks plain HTTP says so at once, and the other way round', async () => {
    const config = await world.configure({ rounds: 1, cohort: 3 });
    const plain = await CoordinatorProcess.start([config]);
    const [code, text] = await said(plain.url.replace('http:', 'https:'));
    expect(code).toBe(1);
    expect(text).toContain('this port speaks plain HTTP');
    expect(text).toContain('--tls-cert');
    await plain.stop('SIGINT');
    const secure = await CoordinatorProcess.start([config, ...tls()]);
    const [otherCode, other] = await said(secure.url.replace('https:', 'http:'));
    expect(otherCode).toBe(1);
    expect(other).toContain('this port speaks TLS');
    expect(other).toContain(`join at ${secure.url}`);
    await secure.stop('SIGINT');
  });
});

describe('without TLS', () => {
  const expectRefused = async (args: readonly string[], exit: number, code: string, ...words: string[]) => {
    const ended = await cairnOnce(args);
    expect(ended.stderr.at(-1)).toContain(`[${code}]`);
    for (const word of words) expect(ended.stderr.at(-1)).toContain(word);
    expect([ended.code, ended.stdout]).toEqual([exit, []]);
  };

  it('a coordinator does not listen for other machines unless it is told to in so many words', async () => {
    const config = await world.configure({ rounds: 1, cohort: 3 });
    const args = ['coordinator', config, '--host', '0.0.0.0'];
    await expectRefused(args, 3, 'unsafe-plain-http', '0.0.0.0', '--tls-cert', '--unsafe-plain-http');
    const coordinator = await CoordinatorProcess.start([...args.slice(1), '--unsafe-plain-http']);
    expect(await coordinator.status()).toMatchObject({ task: 'tiny' });
    await coordinator.stop('SIGINT');
  });

  it('a client does not join another machine unless it is told to', async () => {
    const join = ['join', 'http://192.0.2.1:8080', '--identity', world.identity(1), '--app', TINY_APP];
    await expectRefused(join, 3, 'unsafe-plain-http', 'http://192.0.2.1:8080', 'https', '--unsafe-plain-http');
    await expectRefused([...join, '--unsafe-plain-http', '--connect-timeout', '0.5'], 1, 'unreachable', '192.0.2.1');
  });

  it('half a certificate, or a key for everybody, is refused', async () => {
    const config = await world.configure({ rounds: 1, cohort: 3 });
    await expectRefused(['coordinator', config, '--tls-cert', files.cert], 2, 'usage', 'must be used together');
    await chmod(files.key, 0o644);
    await expectRefused(['coordinator', config, ...tls()], 3, 'key-file-mode', 'mode 644', `chmod 600 ${files.key}`);
  });
});
