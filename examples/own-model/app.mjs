// A logistic regression without a machine learning library: all that Cairn needs is shapes, data() and train().
import { defineApp, loadCsv } from 'cairn-fl/client';

const columns = { a: 'number', b: 'number', c: 'number', ill: { type: 'label', values: ['no', 'yes'] } };
const FEATURES = 3;

export default defineApp({
  shapes: { bias: [1], weights: [FEATURES] },

  /** Rows of FEATURES numbers and a class, 0 for no and 1 for yes. They stay in this process. */
  data: () => loadCsv(process.env.CLINIC_CSV ?? 'clinic-1.csv', { columns }),

  /** Gradient descent from the global model; `options` is the task's "training" object. */
  async train({ bias, weights }, { inputs, labels, examples }, { options }) {
    let loss = 0;
    let correct = 0;
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      loss = correct = 0;
      for (let i = 0; i < examples; i++) {
        const row = inputs.subarray(FEATURES * i, FEATURES * (i + 1));
        const score = weights.reduce((sum, weight, j) => sum + weight * row[j], bias[0]);
        const chance = 1 / (1 + Math.exp(-score));
        loss -= Math.log(Math.max(1e-7, labels[i] === 1 ? chance : 1 - chance));
        correct += Number(chance > 0.5 === (labels[i] === 1));
        const step = (options.learningRate * (labels[i] - chance)) / examples;
        for (let j = 0; j < FEATURES; j++) weights[j] += step * row[j];
        bias[0] += step;
      }
    }
    return { parameters: { bias, weights }, examples, loss: loss / examples, accuracy: correct / examples };
  },
});
