// A logistic regression without any library: the whole of what Cairn asks for is shapes, data() and train().
import { readFile } from 'node:fs/promises';

const FEATURES = 3;

export default {
  shapes: { bias: [1], weights: [FEATURES] },

  /** Rows of FEATURES numbers and a label 0 or 1. They stay in this process. */
  async data() {
    const text = await readFile(process.env.CLINIC_CSV ?? 'clinic-1.csv', 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => line.split(',').map(Number));
  },

  /** Gradient descent from the global model; `options` is the task's "training" object. */
  async train({ bias, weights }, rows, { options }) {
    let loss = 0;
    let correct = 0;
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      loss = correct = 0;
      for (const row of rows) {
        const label = row[FEATURES];
        const score = weights.reduce((sum, weight, j) => sum + weight * row[j], bias[0]);
        const chance = 1 / (1 + Math.exp(-score));
        loss -= Math.log(Math.max(1e-7, label === 1 ? chance : 1 - chance));
        correct += Number(chance > 0.5 === (label === 1));
        const step = (options.learningRate * (label - chance)) / rows.length;
        for (let j = 0; j < FEATURES; j++) weights[j] += step * row[j];
        bias[0] += step;
      }
    }
    return {
      parameters: { bias, weights },
      examples: rows.length,
      loss: loss / rows.length,
      accuracy: correct / rows.length,
    };
  },
};
