import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../protocol/crypto/bytes.ts';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { constantModel } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import type { Served } from '../../../../simulations/attacks/coordinator/evil-coordinator.ts';
import { LAYOUT, SHAPES } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectNoInput } from '../verdicts.ts';

const scene = useScenes();

/** What the target says to a model, before it has trained on it. */
async function verdictOn(hashOf: (hall: Scene) => Uint8Array, dimension = LAYOUT.size): Promise<ErrorCode> {
  const hall = await scene({ seed: 'model', n: 4, honest: [TARGET] });
  hall.round({}, hall.settings({ modelHash: hashOf(hall), dimension }));
  const { code } = await hall.target.log.next('refused');
  expect(hall.target.app.contexts).toEqual([]);
  expect(hall.coordinator.transcript.of('up', 'advertiseKeys', TARGET)).toEqual([]);
  expectNoInput(hall);
  return code;
}

/** The honest model's hash, behind which something else is served. */
const behind =
  (served: Served) =>
  ({ coordinator, modelHash }: Scene): Uint8Array => {
    coordinator.served.set(`/v1/models/${toHex(modelHash)}`, served);
    return modelHash;
  };

const published =
  (file: Uint8Array) =>
  ({ coordinator }: Scene): Uint8Array =>
    coordinator.publish(file);

describe('the target does not train on', () => {
  it.each([
    ['NaN', NaN],
    ['infinity', -Infinity],
  ])('a model with %s', async (_, value) => {
    expect(await verdictOn(published(constantModel(value, SHAPES)))).toBe('model-malformed');
  });

  it('a model with NaN in a single place', async () => {
    const file = constantModel(0, SHAPES);
    new DataView(file.buffer, file.byteOffset).setFloat32(file.length - 4, NaN, true);
    expect(await verdictOn(published(file))).toBe('model-malformed');
  });

  it('a model that has changed its shape, with as many parameters as before', async () => {
    const shapes = { bias: [8], weights: [30, 8] };
    expect(await verdictOn(published(constantModel(0, shapes)))).toBe('update-shape');
  });

  it('a model of another size', async () => {
    const shapes = { bias: [9], weights: [8, 30] };
    expect(await verdictOn(published(constantModel(0, shapes)), LAYOUT.size + 1)).toBe('update-shape');
  });

  it('another model than the settings name, made for the target alone', async () => {
    expect(await verdictOn(behind(constantModel(1, SHAPES)))).toBe('model-hash');
  });

  it('a model that is cut off', async () => {
    expect(await verdictOn(behind(constantModel(0, SHAPES).subarray(0, 100)))).toBe('model-hash');
  });

  it('bytes that are no model, under their right hash', async () => {
    expect(await verdictOn(published(new Uint8Array(64).fill(7)))).toBe('model-malformed');
  });

  it('a model that never ends: it stops reading', async () => {
    let written = 0;
    const endless: Served = (response) => {
      const block = new Uint8Array(65_536);
      const write = (): void => {
        while (!response.destroyed && response.write(block)) written += block.length;
      };
      response.on('drain', write);
      write();
    };
    expect(await verdictOn(behind(endless))).toBe('wire-bounds');
    expect(written).toBeLessThan(2 ** 26);
  });

  it('a model from elsewhere, to which it is sent on', async () => {
    const elsewhere: Served = (response) => {
      response.writeHead(302, { location: '/v1/directory' });
      response.end();
    };
    expect(await verdictOn(behind(elsewhere))).toBe('unreachable');
  });
});
