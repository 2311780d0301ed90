import { describe, expect, it } from 'vitest';
import { ownLine } from '../../protocol/own-line.ts';

const CAIRN = new URL('../../client/driver/training.ts', import.meta.url);

/** An error with the stack of another engine or module system. */
const withStack = (...frames: readonly string[]): Error =>
  Object.assign(new Error('no'), { stack: ['Error: no', ...frames].join('\n') });

describe('the line of an app in which an error arose', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['as a URL', ['    at load (file:///home/app.mjs:12:5)'], '/home/app.mjs:12'],
    ['without a function', ['    at file:///home/app.mjs:3:17'], '/home/app.mjs:3'],
    ['in an asynchronous frame', ['    at async file:///home/app.mjs:4:1'], '/home/app.mjs:4'],
    ['as a path with blanks', ['    at Object.<anonymous> (/home/my app/app.cjs:2:23)'], '/home/my app/app.cjs:2'],
    ['on Windows', ['    at load (C:\\apps\\app.cjs:2:23)'], 'C:\\apps\\app.cjs:2'],
    ['in Firefox', ['load@https://clinic.example/app.js:7:9'], 'https://clinic.example/app.js:7'],
    ['after frames of Node', ['    at readFileSync (node:fs:573:18)', '    at file:///a.mjs:3:1'], '/a.mjs:3'],
    ['after frames of this program', [`    at train (${CAIRN.href}:60:3)`, '    at file:///a.mjs:3:1'], '/a.mjs:3'],
    [
      'after frames of this program by path',
      [`    at f (${CAIRN.pathname}:60:3)`, '    at file:///a.mjs:3:1'],
      '/a.mjs:3',
    ],
    ['after frames of packages', ['    at f (/x/node_modules/tf/i.js:1:1)', '    at f (/a.cjs:3:1)'], '/a.cjs:3'],
    ['nowhere', ['    at readFileSync (node:fs:573:18)', '    at native'], undefined],
  ])('is found %s', (_, frames, line) => {
    expect(ownLine(withStack(...frames))).toBe(line);
  });

  it.each(['protocol', 'training', 'learning', 'platform', 'inference', 'client', 'coordinator', 'simulations', 'cli'])(
    'is not one of this program’s own in %s/',
    (part) => {
      const { href } = new URL(`../../${part}/a/b.ts`, import.meta.url);
      expect(ownLine(withStack(`    at f (${href}:60:3)`, '    at file:///a.mjs:3:1'))).toBe('/a.mjs:3');
    },
  );

  it('is unknown of what is no error', () => {
    expect(ownLine('no')).toBeUndefined();
    expect(ownLine(undefined)).toBeUndefined();
  });
});
