import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { shownPart, writePart } from './support/document.ts';
import { readVector, UPDATE, vectorText, writeText } from './support/files.ts';
import { recordTranscript } from './support/record.ts';
import { renderTranscript } from './support/render.ts';
import type { Transcript } from './support/transcript.ts';

const VECTOR = 'test/vectors/transcript.json';

describe('the worked round', () => {
  if (UPDATE) {
    const round = recordTranscript(portablePrimitives);
    writeText(VECTOR, vectorText(round));
    writePart('transcript', renderTranscript(round));
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
    expect(shownPart('transcript')).toBe(renderTranscript(vector));
  });
});
