import { describe, expect, it } from 'vitest';
import { apiUrl, parseAddress } from '../../client/transport/address.ts';

describe('parseAddress', () => {
  it('keeps a path in front of the API', () => {
    expect(apiUrl(parseAddress('https://example.org/cairn'), 'v1/x')).toBe('https://example.org/cairn/v1/x');
    expect(apiUrl(parseAddress('http://localhost:8080'), 'v1/x')).toBe('http://localhost:8080/v1/x');
  });

  it.each(['http://127.0.0.1:1', 'http://127.8.9.10', 'http://localhost', 'http://[::1]:8080', 'https://example.org'])(
    'takes %s without another word',
    (text) => {
      expect(parseAddress(text).text).toBe(text);
    },
  );

  it.each(['http://example.org', 'http://10.0.0.5:8080', 'http://127.0.0.1.example.org', 'http://[fe80::1]/'])(
    'takes %s only where plain HTTP is asked for',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'unsafe-plain-http' }) as Error);
      expect(parseAddress(text, true).origin).toBe(new URL(text).origin);
    },
  );

  it.each([
    'http://user:s3cret@127.0.0.1:9',
    'http://s3cret@127.0.0.1:9',
    'https://:s3cret@example.org',
    'ftp://user:s3cret@a',
    'http://user:s3cret@a:999999',
  ])('refuses %s, since it names a user or a password, and shows neither', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        message: expect.not.stringContaining('s3cret') as string,
        hint: expect.not.stringContaining('s3cret') as string,
      }) as Error,
    );
  });

  it.each(['localhost:8080', 'ftp://a', 'http://', 'http://a/?b=c', 'http://a/#b', ''])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'config-invalid' }) as Error);
  });
});
