"""Seconds of one step of training an encoder in PyTorch: the step that `contexture train` takes, for comparison with its `stepsPerSecond`.

    python3 encoder.py [threads] [steps]

2,924 rows of 10 inputs, width 512, three hidden layers with tanh and skip connections, 512 outputs, 30 neighbours a row (drawn at random: the time of the sparse product
does not depend on which), the ratio trace with float64 covariances through a Cholesky factor, AdamW. Everything is float32 but the covariances.
"""

import os
import statistics
import sys
import time

threads = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count()
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 10
os.environ["OMP_NUM_THREADS"] = str(threads)

import torch

torch.set_num_threads(threads)
torch.manual_seed(0)
N, INPUTS, WIDTH, DEPTH, OUTPUTS, NEIGHBOURS = 2924, 10, 512, 3, 512, 30


class Layer(torch.nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.linear = torch.nn.Linear(inputs, width)
        self.skip = torch.nn.Identity() if inputs == width else torch.nn.Linear(inputs, width, bias=False)

    def forward(self, x):
        return torch.tanh(self.linear(x)) + self.skip(x)


network = torch.nn.Sequential(*[Layer(INPUTS if l == 0 else WIDTH, WIDTH) for l in range(DEPTH)], torch.nn.Linear(WIDTH, OUTPUTS))
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
x = torch.randn(N, INPUTS)
rows = torch.arange(N).repeat_interleave(NEIGHBOURS)
columns = torch.randint(0, N, (N * NEIGHBOURS,))
walk = torch.sparse_coo_tensor(torch.stack([rows, columns]), torch.full((N * NEIGHBOURS,), 1.0 / NEIGHBOURS), (N, N)).coalesce()
mass = torch.sparse.mm(walk.t(), torch.full((N, 1), 1.0 / N))


def step():
    psi = network(x)
    psi = psi - (mass * psi).sum(0)
    image = torch.sparse.mm(walk, psi)
    wide, wide_image = psi.double(), image.double()
    c = wide.t() @ (mass.double() * wide)
    b = wide_image.t() @ wide_image / N
    c = c + 1e-6 * torch.trace(c) / OUTPUTS * torch.eye(OUTPUTS, dtype=torch.float64)
    loss = 2 * (OUTPUTS - torch.trace(torch.cholesky_solve(b, torch.linalg.cholesky(c))))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_single():
    """The same with the covariances in float32: faster, and not the same accuracy."""
    psi = network(x)
    psi = psi - (mass * psi).sum(0)
    image = torch.sparse.mm(walk, psi)
    c = (psi.t() @ (mass * psi)).double()
    b = (image.t() @ image / N).double()
    c = c + 1e-6 * torch.trace(c) / OUTPUTS * torch.eye(OUTPUTS, dtype=torch.float64)
    loss = 2 * (OUTPUTS - torch.trace(torch.cholesky_solve(b, torch.linalg.cholesky(c))))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


for name, work in (("float64 covariances", step), ("float32 covariances", step_single)):
    work()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    print(f"PyTorch {torch.__version__}, {threads} threads, {name}: median {statistics.median(seconds):.4f} s a step, {1 / statistics.median(seconds):.2f} steps a second", flush=True)
