import { open } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { CairnError } from '../../protocol/errors.ts';
import { isLoopback } from '../../protocol/wire/index.ts';
import type { CoordinatorConfig } from '../config/index.ts';

/** A certificate chain and its private key, as PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Permission bits of group and others. */
const OTHERS = 0o077;

/** What decides whether a server speaks TLS. */
type TlsChoice = Pick<CoordinatorConfig, 'host' | 'tlsCert' | 'tlsKey' | 'unsafePlainHttp'>;

/**
 * Reads what a server needs for TLS; undefined if it is configured for plain HTTP, and allowed to use it.
 * @throws CairnError `unsafe-plain-http` for plain HTTP on a host that other machines can reach, `config-unreadable`,
 * `key-file-mode` for a key that others can use, `config-invalid` for files that are not a certificate and its key
 */
export async function loadTls(config: TlsChoice): Promise<TlsFiles | undefined> {
  const { host, tlsCert, tlsKey, unsafePlainHttp } = config;
  if (tlsCert === undefined || tlsKey === undefined) {
    if (unsafePlainHttp || isLoopback(host)) return undefined;
    throw new CairnError(
      'unsafe-plain-http',
      `host: ${host} can be reached from other machines, and without TLS all traffic can be read and changed on the way`,
      {
        hint: 'pass --tls-cert and --tls-key; or listen on 127.0.0.1 behind a proxy that terminates TLS; or pass --unsafe-plain-http',
      },
    );
  }
  const files = { cert: await read('tlsCert', tlsCert, 'public'), key: await read('tlsKey', tlsKey, 'private') };
  try {
    createSecureContext(files);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new CairnError(
      'config-invalid',
      `tlsCert, tlsKey: ${tlsCert} and ${tlsKey} are not a certificate and its private key (${reason})`,
      { cause, hint: 'both must be PEM without a passphrase, and must match' },
    );
  }
  return files;
}

async function read(field: string, path: string, kind: 'public' | 'private'): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      // Windows uses access control lists, about which the mode that Node makes up there says nothing.
      if (kind === 'private' && process.platform !== 'win32' && (mode & OTHERS) !== 0) {
        throw new CairnError(
          'key-file-mode',
          `${field}: ${path} is accessible to other users (mode ${(mode & 0o777).toString(8)})`,
          {
            hint: `chmod 600 ${path}; if others had access, get a new certificate`,
          },
        );
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    throw new CairnError('config-unreadable', `${field}: ${(cause as Error).message}`, {
      cause,
      hint: 'check the path, and that this user may read the file',
    });
  }
}
