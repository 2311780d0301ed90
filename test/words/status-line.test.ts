import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacedLines } from '../../cli/coordinator/paced.ts';
import { StatusLine } from '../../cli/status-line.ts';

/** A terminal of one row that scrolls: what is on its last line, and the whole lines above it. */
class Terminal {
  readonly isTTY = true;
  readonly lines: string[] = [];
  last = '';
  columns = 40;

  write(text: string): void {
    for (const part of text.split(/(\r|\n|\u001b\[2K)/)) {
      if (part === '\n') {
        this.lines.push(this.last);
        this.last = '';
      } else if (part === '\u001b[2K') this.last = '';
      else if (part !== '\r') this.last += part;
    }
  }
}

describe('the live line', () => {
  it('is written over in place, and other lines pass above it, none mixed with the other', () => {
    const terminal = new Terminal();
    const live = new StatusLine(terminal, 'xterm');
    const say = (line: string): void => live.above(() => terminal.write(`${line}\n`));
    say('listening');
    live.show('0 of 3 seated');
    live.show('1 of 3 seated');
    expect([terminal.lines, terminal.last]).toEqual([['listening'], '1 of 3 seated']);
    say('a warning');
    expect([terminal.lines, terminal.last]).toEqual([['listening', 'a warning'], '1 of 3 seated']);
    live.show('');
    say('round 1');
    expect([terminal.lines, terminal.last]).toEqual([['listening', 'a warning', 'round 1'], '']);
  });

  it('would be mixed with other lines that did not pass above it', () => {
    const terminal = new Terminal();
    new StatusLine(terminal, 'xterm').show('1 of 3 seated');
    terminal.write('a warning\n');
    expect(terminal.lines).toEqual(['1 of 3 seateda warning']);
  });

  it.each([
    ['n'.repeat(200), 'n'.repeat(39)],
    ['界'.repeat(30), '界'.repeat(19)],
  ])('never takes a second row of the terminal, where it could not be written over', (text, kept) => {
    const terminal = new Terminal();
    new StatusLine(terminal, 'xterm').show(text);
    expect(terminal.last).toBe(`${kept}…`);
  });

  it.each([
    ['a file', false, 'xterm'],
    ['a dumb terminal', true, 'dumb'],
  ])('is not written to %s', (_, isTTY, term) => {
    const written: string[] = [];
    const live = new StatusLine({ isTTY, write: (text) => written.push(text) }, term);
    live.show('1 of 3 seated');
    live.above(() => written.push('line'));
    expect([live.isLive, written]).toEqual([false, ['line']]);
  });
});

describe('lines of what changes often', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are one a second, and the last is always told', () => {
    const told: string[] = [];
    const lines = new PacedLines((line) => void told.push(line));
    for (let seated = 0; seated <= 300; seated++) lines.tell('mnist', `${seated} of 400`);
    expect(told).toEqual(['0 of 400']);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['0 of 400', '300 of 400']);
    lines.tell('mnist', '301 of 400');
    lines.end();
    expect(told.at(-1)).toBe('301 of 400');
  });

  it('are not told twice, and not once nobody wants to know', () => {
    const told: string[] = [];
    const lines = new PacedLines((line) => void told.push(line));
    lines.tell('mnist', 'a');
    lines.tell('mnist', 'b');
    lines.tell('mnist', 'a');
    vi.advanceTimersByTime(5000);
    expect(told).toEqual(['a']);
    lines.tell('mnist', 'b');
    lines.tell('mnist', 'c');
    lines.drop('mnist');
    vi.advanceTimersByTime(5000);
    lines.end();
    expect(told).toEqual(['a', 'b']);
  });

  it('are of each task', () => {
    const told: string[] = [];
    const lines = new PacedLines((line) => void told.push(line));
    lines.tell('a', '1');
    lines.tell('b', '2');
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['1', '2']);
  });
});
