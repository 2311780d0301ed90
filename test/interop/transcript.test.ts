import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { readText, readVector, UPDATE, vectorText, writeText } from './support/files.ts';
import { recordTranscript } from './support/record.ts';
import { renderTranscript } from './support/render.ts';
import type { Transcript } from './support/transcript.ts';

const VECTOR = 'test/vectors/transcript.json';
const DOCUMENT = 'docs/protocol.md';
const BEGIN = '<!-- transcript:begin -->\n';
const END = '<!-- transcript:end -->';

/** The document in three: before the generated part, that part, and behind it. */
function partsOf(text: string): readonly [string, string, string] {
  const begin = text.indexOf(BEGIN) + BEGIN.length;
  const end = text.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error(`${DOCUMENT} has lost its markers`);
  return [text.slice(0, begin), text.slice(begin, end), text.slice(end)];
}

describe('the worked round', () => {
  if (UPDATE) {
    const round = recordTranscript(portablePrimitives);
    const [before, , behind] = partsOf(readText(DOCUMENT));
    writeText(VECTOR, vectorText(round));
    writeText(DOCUMENT, `${before}\n${renderTranscript(round)}\n\n${behind}`);
  }
  const vector = readVector(VECTOR) as Transcript;

  it.each([portablePrimitives, nodePrimitives])('is what the sessions say, byte for byte ($name)', (primitives) => {
    const replayed = recordTranscript(primitives);
    expect(replayed.messages).toEqual(vector.messages);
    expect(replayed).toEqual(vector);
  });

  it('loses a member between sharing and input, so that both kinds of secret are rebuilt', () => {
    const kinds = vector.rebuilt.map(({ kind }) => kind);
    expect(kinds).toEqual(['selfSeed', 'selfSeed', 'maskSecret', 'selfSeed']);
    expect(vector.messages.some(({ name, to }) => name === 'abort' && to === 12)).toBe(true);
  });

  it('is shown in docs/protocol.md as it stands in the vector file', () => {
    const [, shown] = partsOf(readText(DOCUMENT));
    expect(shown).toBe(`\n${renderTranscript(vector)}\n\n`);
  });
});
