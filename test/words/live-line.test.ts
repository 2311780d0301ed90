import { describe, expect, it } from 'vitest';
import { LiveLine } from '../../cli/live-line.ts';
import { StatusLine } from '../../cli/status-line.ts';

/** What stands on a screen of one column of lines, after what was written to it. */
class Screen {
  readonly isTTY: boolean;
  readonly columns: number;
  written = '';

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }

  get lines(): string[] {
    return this.written.split('\n').map((line) => line.split('\r\u001b[2K').at(-1)!);
  }
}

/** A live line on a screen, and what says other lines there. */
function liveOn(screen: Screen): { readonly live: LiveLine; readonly say: (line: string) => void } {
  const line = new StatusLine(screen, 'xterm');
  const say = (text: string): void => line.above(() => screen.write(`${text}\n`));
  return { live: new LiveLine(line, say), say };
}

describe('a live line', () => {
  it('changes in place on a terminal, stays below what is said, and goes when there is nothing to wait for', () => {
    const screen = new Screen(true);
    const { live, say } = liveOn(screen);
    say('connected as member 1');
    live.show('1 of 3 seated, waiting for 2 more');
    live.show('2 of 3 seated, waiting for 1 more');
    expect(screen.lines).toEqual(['connected as member 1', '2 of 3 seated, waiting for 1 more']);
    say('something happened');
    expect(screen.lines).toEqual(['connected as member 1', 'something happened', '2 of 3 seated, waiting for 1 more']);
    live.show(undefined);
    say('round 1: committed');
    expect(screen.lines).toEqual(['connected as member 1', 'something happened', 'round 1: committed', '']);
  });

  it('is one line a change elsewhere, without a character that moves a cursor', () => {
    const screen = new Screen(false);
    const { live, say } = liveOn(screen);
    for (const text of ['1 of 3', '1 of 3', '2 of 3', undefined, '2 of 3']) live.show(text);
    say('done');
    expect(screen.written).toBe('1 of 3\n2 of 3\n2 of 3\ndone\n');
  });

  it('is no line of its own elsewhere for what passes', () => {
    const [terminal, file] = [new Screen(true), new Screen(false)];
    for (const screen of [terminal, file]) liveOn(screen).live.show('3 of 3 seated', true);
    expect([terminal.lines, file.written]).toEqual([['3 of 3 seated'], '']);
  });

  it('never fills the terminal’s width, or the next one would be shown below it', () => {
    const screen = new Screen(true, 10);
    liveOn(screen).live.show('0123456789abcdef');
    expect(screen.lines).toEqual(['012345678…']);
    const unknown = new Screen(true, 0);
    liveOn(unknown).live.show('x'.repeat(100));
    expect(unknown.lines).toEqual([`${'x'.repeat(79)}…`]);
  });

  it('shows what a coordinator may have put into a task’s name as escapes', () => {
    const screen = new Screen(true);
    liveOn(screen).live.show('a\u001b[2Jb\nc');
    expect(screen.lines).toEqual(['a\\u001b[2Jb\\u000ac']);
  });
});
