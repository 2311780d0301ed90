import { spawnSync } from 'node:child_process';
import { CONVOLUTIONS, type TrainingRequest } from './models.ts';

// Reads { convolutions, batch, steps, repeats } from its argument, and prints the median of examples per second.
const SCRIPT = `
import json, statistics, sys, time
import torch
from torch import nn
torch.set_num_threads(1)
torch.manual_seed(1)
ask = json.loads(sys.argv[1])
batch, c = ask['batch'], ask['convolutions']
if c is None:
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    x = torch.rand(batch, 784)
else:
    (f, g), (p, q), m, side = c['filters'], c['pools'], c['padding'], c['side']
    after = ((side + 2 * m - 4) // p + 2 * m - 4) // q
    model = nn.Sequential(
        nn.Conv2d(1, f, 5, padding=m), nn.MaxPool2d(p), nn.ReLU(),
        nn.Conv2d(f, g, 5, padding=m), nn.MaxPool2d(q), nn.ReLU(),
        nn.Flatten(), nn.Linear(after * after * g, c['units']), nn.ReLU(), nn.Linear(c['units'], 10))
    x = torch.rand(batch, 1, side, side)
y = torch.arange(batch) % 10
loss_of = nn.CrossEntropyLoss()
optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
speeds = []
for run in range(ask['repeats'] + 1):
    start = time.perf_counter()
    for _ in range(ask['steps']):
        optimiser.zero_grad()
        loss_of(model(x), y).backward()
        optimiser.step()
    speeds.append(batch * ask['steps'] / (time.perf_counter() - start))
print(json.dumps({'examplesPerS': statistics.median(speeds[1:]), 'version': torch.__version__}))
`;

/** PyTorch's speed on this machine. */
export interface PytorchSpeed {
  readonly examplesPerS: number;
  readonly version: string;
}

/** Examples per second of PyTorch on one thread; undefined if python3 or torch is missing. */
export function trainPytorch({ model, batch, steps, repeats }: TrainingRequest): PytorchSpeed | undefined {
  const ask = JSON.stringify({ convolutions: CONVOLUTIONS[model] ?? null, batch, steps, repeats });
  const { status, stdout } = spawnSync('python3', ['-c', SCRIPT, ask], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? (JSON.parse(stdout) as PytorchSpeed) : undefined;
}
