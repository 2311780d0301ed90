import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../protocol/errors.ts';
import { shownPart, writePart } from './support/document.ts';
import { UPDATE } from './support/files.ts';

const HOW = 'write it anew: CAIRN_UPDATE_VECTORS=1 npx vitest run test/interop/codes.test.ts';

/** Columns of a code in the list: more than any needs, so that a longer one does not move all the others. */
const WIDTH = 28;

/** One line for each code, so that two changes to the list merge. */
function renderCodes(): string {
  const lines = Object.entries(ERROR_CODES).map(([code, { meaning }]) => `${code.padEnd(WIDTH)}${meaning}`);
  return ['```text', ...lines, '```'].join('\n');
}

describe('the list of error codes in docs/protocol.md', () => {
  if (UPDATE) writePart('codes', renderCodes());

  it('names every code once, with its meaning, and no other', () => {
    expect(shownPart('codes'), HOW).toBe(renderCodes());
  });
});
