import { describe, expect, it } from 'vitest';
import { selectiveSharing } from '../../../simulations/experiments/selective-sharing/index.ts';
import { imagesOf, trainingsOf } from '../../../simulations/experiments/selective-sharing/trainings.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';

const read = (given: Record<string, string>): ReturnType<typeof readSettings<typeof selectiveSharing.parameters>> =>
  readSettings(selectiveSharing, { given });

describe('the settings of selective-sharing', () => {
  it.each([
    ['thetaUpload', '0'],
    ['thetaUpload', '0.1,1.5'],
    ['thetaDownload', '0'],
    ['tau', '0'],
    ['gamma', '-1'],
    ['images', '60001'],
    ['participants', '0'],
    ['epsilon', '0'],
    ['order', 'sideways'],
    ['learningRate', '0'],
  ])('refuse %s = %s, naming it', (key, value) => {
    expect(() => read({ [key]: value })).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(key) as string }),
    );
  });

  it.each([
    [{ images: '5', batchSize: '6' }, 'batchSize', '5'],
    [{ tau: '0.2', gamma: '0.1' }, 'tau', '0.1'],
    [{ order: 'asynchronous', concurrency: '11' }, 'concurrency', '10'],
    [{ thetaUpload: '0.1,0.1' }, 'thetaUpload', 'once'],
    [{ participants: '30,30' }, 'participants', 'once'],
    [{ participants: '30,101' }, 'participants', '100 of 600'],
    [{ epsilon: '1', privateParticipants: '120' }, 'participants', '100 of 600'],
  ])('refuse %o, which cannot work together, with the bound', (given, key, bound) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({
        code: 'settings-invalid',
        message: expect.stringMatching(new RegExp(`${key}.*${bound}`)) as string,
      }),
    );
  });

  it('let more participants share MNIST than it has images for only where that is asked for', () => {
    expect(read({ participants: '150', dealAgain: 'true' }).participants).toEqual([150]);
  });

  it('can be given as the command line gives them', () => {
    const settings = read({ model: 'cnn', participants: '30,60', thetaUpload: '0.1', epsilon: '', baselines: 'alone' });
    expect(settings).toMatchObject({
      model: 'cnn',
      participants: [30, 60],
      thetaUpload: [0.1],
      epsilon: [],
      baselines: ['alone'],
    });
  });

  it('stand for trainings with names of their own', () => {
    for (const preset of ['quick', 'paper'] as const) {
      const settings = readSettings(selectiveSharing, { preset });
      const ids = trainingsOf(settings).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
    const settings = read({
      participants: '2',
      thetaUpload: '0.1',
      epsilon: '1',
      privateParticipants: '3',
      images: '10',
      epochs: '2',
      centralisedEpochs: '1',
      aloneEpochs: '4',
      aloneParticipants: '2',
    });
    expect(trainingsOf(settings).map(({ id }) => id)).toEqual([
      'centralised',
      'alone-0',
      'alone-1',
      'n2-u0.1',
      'n3-u0.1-e1',
    ]);
    // Trainings: 60 000, twice 4 · 10, 2 · 2 · 10 and 2 · 3 · 10; then three rounds of two participants.
    expect(imagesOf(settings)).toBe(60_000 + 80 + 40 + 60 + 60);
  });
});
