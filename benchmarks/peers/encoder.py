"""A step of training an encoder in PyTorch: the step that `contexture train` takes, from the same parameters, on the processor or on a GPU where PyTorch sees one.

The ratio trace of an MLP's outputs with float64 covariances through a Cholesky factor, over all rows, AdamW. Everything is float32 but the covariances; the work `float32` has these in
float32 as well: faster, and not the same accuracy. The work `compiled` hands the network to torch.compile.
"""

import os

import numpy
import torch
from protocol import load, serve

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.backends.cuda.matmul.allow_tf32 = False


def forward(x, parameters):
    """Hidden layers tanh(y W + b) + y S: S trained in the first one, where the widths differ, the identity in the others; then y W + b."""
    weights, bias, skip = parameters[:3]
    y = torch.tanh(x @ weights + bias) + x @ skip
    for layer in range(3, len(parameters) - 2, 2):
        y = torch.tanh(y @ parameters[layer] + parameters[layer + 1]) + y
    return y @ parameters[-2] + parameters[-1]


def encoder(request, covariances, network):
    x = torch.from_numpy(load(request["x"])).to(device)
    n = len(x)
    starts, columns = (load(request[name]).ravel().astype(numpy.int64) for name in ("starts", "columns"))
    rows = numpy.repeat(numpy.arange(n), numpy.diff(starts))
    values = torch.from_numpy(load(request["values"]).ravel()).float()
    walk = torch.sparse_coo_tensor(torch.from_numpy(numpy.stack([rows, columns])), values, (n, n)).coalesce().to(device)
    mass = torch.sparse.mm(walk.t(), torch.full((n, 1), 1.0 / n, device=device))
    parameters = [torch.from_numpy(load(path)).to(device).requires_grad_() for path in request["parameters"]]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if len(p) > 1], "weight_decay": request["decay"]}, {"params": [p for p in parameters if len(p) == 1], "weight_decay": 0.0}], lr=request["rate"])
    outputs = parameters[-1].shape[1]
    identity = torch.eye(outputs, dtype=torch.float64, device=device)

    def step():
        psi = network(x, parameters)
        psi = psi - (mass * psi).sum(0)
        image = torch.sparse.mm(walk, psi)
        wide, wide_image, wide_mass = (t.to(covariances) for t in (psi, image, mass))
        c = (wide.t() @ (wide_mass * wide)).double()
        b = (wide_image.t() @ wide_image / n).double()
        c = c + 1e-6 * torch.trace(c) / outputs * identity
        loss = 2 * (outputs - torch.trace(torch.cholesky_solve(b, torch.linalg.cholesky(c))))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()                          # waits for the device

    first = [step() for _ in range(request["steps"])]

    def run():
        step()
        return first

    return run


def compiled(request):
    if not hasattr(torch, "compile"):
        raise RuntimeError(f"PyTorch {torch.__version__} has no torch.compile")
    return encoder(request, torch.float64, torch.compile(forward))


name = f"PyTorch on {torch.cuda.get_device_name()}" if device.type == "cuda" else "PyTorch on the processor"
serve(name, torch.__version__, {
    "float64": lambda request: encoder(request, torch.float64, forward),
    "float32": lambda request: encoder(request, torch.float32, forward),
    "compiled": compiled,
})
