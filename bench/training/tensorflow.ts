import type * as Tensorflow from '@tensorflow/tfjs';
import { median } from '../support/statistics.ts';
import { CONVOLUTIONS, type Convolutions, syntheticExamples, type TrainingRequest } from './models.ts';

/** Examples per second of TensorFlow.js on its plain JavaScript backend; null if it is not installed. */
export async function trainTensorflow({ model: name, batch, steps, repeats }: TrainingRequest): Promise<number | null> {
  const tf = await import('@tensorflow/tfjs').catch(() => undefined);
  if (tf === undefined) return null;
  await tf.setBackend('cpu');
  await tf.ready();
  const convolutions = CONVOLUTIONS[name];
  const model = tf.sequential({ layers: convolutions === undefined ? mlp(tf) : cnn(tf, convolutions) });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
  const side = convolutions?.side ?? 28;
  const { inputs, labels } = syntheticExamples(batch, side * side);
  const x = tf.tensor(inputs, convolutions === undefined ? [batch, side * side] : [batch, side, side, 1]);
  const y = tf.oneHot(tf.tensor1d(Array.from(labels), 'int32'), 10);
  const speeds: number[] = [];
  for (let run = 0; run < repeats + 1; run++) {
    const from = performance.now();
    for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
    speeds.push((1000 * batch * steps) / (performance.now() - from));
  }
  return median(speeds.slice(1));
}

function mlp({ layers }: typeof Tensorflow): Tensorflow.layers.Layer[] {
  return [
    layers.dense({ units: 128, activation: 'relu', inputShape: [784] }),
    layers.dense({ units: 64, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ];
}

function cnn(
  { layers }: typeof Tensorflow,
  { side, padding, filters: [first, second], pools, units }: Convolutions,
): Tensorflow.layers.Layer[] {
  const shape = { kernelSize: 5, padding: padding === 2 ? 'same' : 'valid', activation: 'relu' } as const;
  return [
    layers.conv2d({ ...shape, filters: first, inputShape: [side, side, 1] }),
    layers.maxPooling2d({ poolSize: pools[0] }),
    layers.conv2d({ ...shape, filters: second }),
    layers.maxPooling2d({ poolSize: pools[1] }),
    layers.flatten(),
    layers.dense({ units, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ];
}
