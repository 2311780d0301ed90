import { describe, expect, it } from 'vitest';
import { days, term } from '../../cli/enrol/term.ts';
import { formatDuration, formatSpan, parseDuration } from '../../platform/index.ts';
import { directoryLine } from '../../cli/enrol/list.ts';
import { identityFrom } from '../../protocol/crypto/keys.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { openDirectory, signDirectory } from '../../protocol/wire/directory.ts';

const DAY = 86_400;

describe('how long something holds', () => {
  it.each([
    ['365d', 365],
    ['1y', 365],
    ['2w', 14],
    ['48h', 2],
    ['1440m', 1],
  ])('%s is %d days', (text, count) => {
    expect(term(text)(1000)).toBe(1000 + count * DAY);
  });

  it('may be said by a date, whose last second it holds in', () => {
    expect(term('2105-01-31')(5)).toBe(Date.parse('2105-01-31T23:59:59Z') / 1000);
  });

  it('ends with the last second that a directory can name', () => {
    expect([term('999999y')(0), days(1e9)(0), term('9999-12-31')(0)]).toEqual([0xffff_ffff, 0xffff_ffff, 0xffff_ffff]);
  });

  it.each(['90', '0d', '-1d', '1.5d', 'soon', '2105-02-31', '2105-1-1', '2000-01-01', ''])('is not %s', (text) => {
    expect(() => term(text)).toThrow(text === '2000-01-01' ? 'is in the past' : 'such as 90d, or a date');
  });

  it.each([
    [0, '1 s'],
    [89, '89 s'],
    [90, '2 min'],
    [5400, '1.5 h'],
  ])('%d seconds of work are about %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('is a whole number of one unit, or none', () => {
    expect(['1m', '2h', '1d', '1w', '1y', '1.5h', '1s', 'd'].map(parseDuration)).toEqual([
      60,
      7200,
      DAY,
      7 * DAY,
      365 * DAY,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    [365 * DAY, '365 days'],
    [2 * DAY, '2 days'],
    [36 * 3600, '36 hours'],
    [61 * 60, '61 minutes'],
    [60, '1 minute'],
    [-5, '0 minutes'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text);
  });
});

// `--valid 90` was shown as a date alone, and read as 90 years by one who did not reckon.
describe('a directory’s line', () => {
  it('says for how many days it is believed', () => {
    const authority = identityFrom(portablePrimitives, new Uint8Array(32).fill(7));
    const dates = { serial: 1, issued: 1000, notAfter: 1000 + 90 * DAY };
    const signed = signDirectory(portablePrimitives, authority, dates, []);
    const directory = openDirectory(portablePrimitives, authority.publicKey, signed);
    expect(directoryLine(directory, 1000)).toContain('valid until 1970-04-01T00:16:40Z (90 days)');
    expect(directoryLine(directory, 1000 + 80 * DAY)).toContain('(10 days)');
  });
});
