"""PyTorch on a GPU, or on the processor where it sees none: products, the kernel product and the neighbours by tiles, inner products."""

import os

import torch
from protocol import load, serve

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


class Result:
    """What a run computed: it stays on the device until somebody asks for an array."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __array__(self, dtype=None, copy=None):
        return self.tensor.cpu().numpy().astype(dtype)


def finished(tensor):
    if device.type == "cuda":
        torch.cuda.synchronize()
    return Result(tensor)


def put(request, name):
    return torch.from_numpy(load(request[name])).to(device)


def product(request):
    a, b = put(request, "a"), put(request, "b")
    out = torch.empty(len(a), b.shape[1], dtype=a.dtype, device=device)

    def run():
        torch.backends.cuda.matmul.allow_tf32 = bool(request["tf32"])
        return finished(torch.mm(a, b, out=out))

    return run


def inner(request):
    a = put(request, "a")
    return lambda: finished(a.T @ a)


def best(ways, seconds):
    return min(ways, key=lambda way: min(seconds(way) for _ in range(3)))


def timed(work):
    import time
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def kernel_product(request):
    x, v, gamma = put(request, "x"), put(request, "v"), request["gamma"]
    squares = (x * x).sum(1)
    out = torch.empty(len(x), v.shape[1], dtype=v.dtype, device=device)

    def run(rows, points=None):
        torch.backends.cuda.matmul.allow_tf32 = False
        points = len(x) if points is None else points
        with torch.no_grad():
            for first in range(0, points, rows):
                tile = torch.addmm(squares * -gamma, x[first:first + rows], x.T, alpha=2 * gamma)
                tile -= gamma * squares[first:first + rows, None]
                torch.mm(tile.exp_(), v, out=out[first:first + rows])
        return finished(out)

    rows = best([512, 2048, 8192], lambda height: timed(lambda: run(height, min(len(x), 16384))))
    return lambda: run(rows)


def neighbors(request):
    x, k = put(request, "x"), request["k"]
    out = torch.empty(len(x), k, dtype=torch.int64, device=device)

    def run(rows, points=None):
        torch.backends.cuda.matmul.allow_tf32 = False
        points = len(x) if points is None else points
        with torch.no_grad():
            for first in range(0, points, rows):
                out[first:first + rows] = torch.cdist(x[first:first + rows], x).topk(k, largest=False, sorted=True).indices
        return finished(out)

    rows = best([512, 2048, 4096], lambda height: timed(lambda: run(height, min(len(x), 8192))))
    return lambda: run(rows)


name = f"PyTorch on {torch.cuda.get_device_name()}" if device.type == "cuda" else "PyTorch on the processor"
serve(name, torch.__version__, {"product": product, "inner": inner, "kernel_product": kernel_product, "neighbors": neighbors})
