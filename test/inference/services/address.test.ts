import { describe, expect, it } from 'vitest';
import { ASK_PATH, parseServer, socketUrl } from '../../../inference/services/address.ts';
import { CairnError } from '../../../protocol/errors.ts';

function refusal(text: string, unsafePlainHttp = false): CairnError {
  try {
    parseServer(text, 'dealer', unsafePlainHttp);
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown;
    throw thrown;
  }
  throw new Error(`${text} was accepted`);
}

describe('the address of a server', () => {
  it.each([
    ['https://example.org:9443', 'https://example.org:9443/', 'wss://example.org:9443/ask'],
    ['wss://example.org:9443', 'https://example.org:9443/', 'wss://example.org:9443/ask'],
    ['WSS://Example.org/models', 'https://example.org/models/', 'wss://example.org/models/ask'],
    ['https://example.org:443/models/', 'https://example.org/models/', 'wss://example.org/models/ask'],
    ['ws://localhost:80', 'http://localhost/', 'ws://localhost/ask'],
    ['http://127.0.0.1:9443', 'http://127.0.0.1:9443/', 'ws://127.0.0.1:9443/ask'],
    [' ws://[::1]:9443 ', 'http://[::1]:9443/', 'ws://[::1]:9443/ask'],
  ])('%s is signed as %s and reached at %s', (text, address, url) => {
    const server = parseServer(text);
    expect(server).toEqual({ text, address });
    expect(socketUrl(server, ASK_PATH)).toBe(url);
  });

  it.each([
    ['example', /an https or wss URL was expected, got "example"/],
    ['wss://', /an https or wss URL was expected/],
    ['ftp://example.org', /the scheme must be https, wss, http or ws, but is "ftp"/],
    ['localhost:9443', /the scheme must be https, wss, http or ws, but is "localhost"/],
    ['https://example.org/?a=1', /a query or fragment has no meaning/],
    ['https://example.org/#part', /a query or fragment has no meaning/],
    [`https://example.org/${'a'.repeat(5000)}`, /at most \d+ characters/],
  ])('%s is refused, naming the field', (text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('config-invalid');
    expect(error.message).toMatch(/^dealer: /);
    expect(error.message).toMatch(message);
  });

  it.each(['https://me:secret@example.org', 'https://me:secret@', 'secret@example.org'])(
    'a password is not shown (%s)',
    (text) => {
      const error = refusal(text);
      expect(error.code).toBe('config-invalid');
      expect(`${error.message} ${error.hint}`).not.toContain('secret');
    },
  );

  it.each(['ws://example.org', 'http://example.org:9443', 'http://192.168.1.4', 'ws://127.0.0.1.example.org'])(
    '%s is another machine: refused without TLS, unless that is said to be wanted',
    (text) => {
      expect(refusal(text).code).toBe('unsafe-plain-http');
      expect(parseServer(text, 'server', true).address).toMatch(/^http:/);
    },
  );
});
