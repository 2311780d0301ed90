import { describe, expect, it } from 'vitest';
import { Addresses } from '../../coordinator/addresses.ts';
import { isLoopback } from '../../protocol/wire/address.ts';

const at = (localAddress: string, localPort = 8080) => ({ localAddress, localPort });

describe('the addresses of a coordinator', () => {
  it('are where it listens and where connections arrive, if its operator configures none', () => {
    const own = new Addresses({ publicUrls: [], host: 'train.example', scheme: 'http' });
    expect(own.has('http://train.example:8080/', at('10.0.0.5'))).toBe(true);
    expect(own.has('http://10.0.0.5:8080/', at('10.0.0.5'))).toBe(true);
    expect(own.has('http://10.0.0.5:8080/', at('::ffff:10.0.0.5'))).toBe(true);
    expect(own.has('http://[fe80::1]:8080/', at('fe80::1'))).toBe(true);
    expect(own.has('http://10.0.0.5/', at('10.0.0.5', 80))).toBe(true);
    for (const other of [
      'http://10.0.0.6:8080/',
      'http://10.0.0.5:8081/',
      'https://10.0.0.5:8080/',
      'http://10.0.0.5:8080/cairn/',
      'http://10.0.0.5:8080',
      'http://localhost:8080/',
      '',
    ]) {
      expect(own.has(other, at('10.0.0.5')), other).toBe(false);
    }
    expect(own.has('http://:8080/', {})).toBe(false);
  });

  it('have no name but the loopback’s if it listens on all interfaces', () => {
    const all = new Addresses({ publicUrls: [], host: '0.0.0.0', scheme: 'https' });
    expect(all.has('https://0.0.0.0:8080/', at('127.0.0.1'))).toBe(false);
    expect(all.has('https://localhost:8080/', at('127.0.0.1'))).toBe(true);
    expect(all.has('https://localhost:8080/', at('10.0.0.5'))).toBe(false);
  });

  it('are those that its operator configures, and no others', () => {
    const publicUrls = ['https://Example.org:443/cairn', 'http://127.0.0.1:9000'];
    const named = new Addresses({ publicUrls, host: '127.0.0.1', scheme: 'http' });
    expect(named.has('https://example.org/cairn/', at('127.0.0.1'))).toBe(true);
    expect(named.has('http://127.0.0.1:9000/', at('127.0.0.1'))).toBe(true);
    expect(named.has('http://127.0.0.1:8080/', at('127.0.0.1'))).toBe(false);
    expect(named.has('https://example.org/', at('127.0.0.1'))).toBe(false);
  });
});

describe('the loopback', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('is %s', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '128.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', ''])('is not %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
