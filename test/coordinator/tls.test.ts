import { chmod, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorConfig, createCoordinator, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { loadTls } from '../../coordinator/http/tls.ts';
import { certificate, type Certificate } from '../support/certificate.ts';
import { closeAll, openHall, temporaryFolder } from './support/hall.ts';
import { rejectionOf } from './support/errors.ts';

let folder: string;
let files: Certificate;

beforeEach(async () => {
  folder = await temporaryFolder();
  files = await certificate(folder);
});

afterEach(closeAll);

const config = (fields: object): CoordinatorConfig =>
  parseConfig({
    port: 0,
    logLevel: 'silent',
    tasks: [{ name: 'toy', rounds: 1, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true }],
    ...fields,
  });
const withTls = (change: Partial<Certificate> = {}): CoordinatorConfig =>
  config({ tlsCert: change.cert ?? files.cert, tlsKey: change.key ?? files.key });

describe('a coordinator with a certificate', () => {
  it('serves only over TLS, at an https address', async () => {
    const { coordinator } = await openHall({}, { config: { tlsCert: files.cert, tlsKey: files.key } });
    expect(coordinator.url).toBe(`https://127.0.0.1:${coordinator.port}`);
    const ca = await readFile(files.cert);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get(`${coordinator.url}/healthz`, { ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${coordinator.port}/healthz`)).rejects.toThrow();
  });

  it('accepts no version of TLS before 1.2', async () => {
    const { coordinator } = await openHall({}, { config: { tlsCert: files.cert, tlsKey: files.key } });
    const ca = await readFile(files.cert);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    const socket = connect({ host: '127.0.0.1', port: coordinator.port, ca, ...old });
    await expect(new Promise((_, reject) => socket.once('error', reject))).rejects.toThrow(/version|alert/i);
  });
});

describe('the files of a certificate', () => {
  it.each([0o640, 0o604, 0o644])('are refused if others can use the key: %o', async (mode) => {
    await chmod(files.key, mode);
    expect(await rejectionOf(loadTls(withTls()))).toMatchObject({
      code: 'key-file-mode',
      message: `tlsKey: ${files.key} is accessible to other users (mode ${mode.toString(8)})`,
      hint: expect.stringContaining(`chmod 600 ${files.key}`) as string,
    });
  });

  it('are refused if they are missing, not PEM, or do not match', async () => {
    expect(await rejectionOf(loadTls(withTls({ cert: `${folder}/none` })))).toMatchObject({
      code: 'config-unreadable',
    });
    expect(await rejectionOf(loadTls(withTls({ key: `${folder}/none` })))).toMatchObject({ code: 'config-unreadable' });
    const other = await certificate(folder, 'other');
    const mixed = await rejectionOf(loadTls(withTls({ key: other.key })));
    expect(mixed).toMatchObject({ code: 'config-invalid', message: expect.stringContaining(other.key) as string });
    await writeFile(files.cert, 'no certificate');
    expect(await rejectionOf(loadTls(withTls()))).toMatchObject({ code: 'config-invalid' });
  });
});

describe('plain HTTP', () => {
  it.each(['127.0.0.1', 'localhost', '::1'])('needs no option on the loopback: %s', async (host) => {
    expect(await loadTls(config({ host }))).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '10.0.0.5', 'train.example'])('is refused on %s unless it is asked for', async (host) => {
    const refusal = await rejectionOf(createCoordinator({ config: config({ host }), store: new MemoryStore() }));
    expect(refusal).toMatchObject({
      code: 'unsafe-plain-http',
      message: expect.stringContaining(host) as string,
      hint: expect.stringMatching(/--tls-cert and --tls-key.*--unsafe-plain-http/) as string,
    });
    expect(await loadTls(config({ host, unsafePlainHttp: true }))).toBeUndefined();
  });
});
