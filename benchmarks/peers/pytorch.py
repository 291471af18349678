"""PyTorch: the kernel product tile by tile, the best of several tile heights, which `prepare` finds."""

import os
import time

import torch
from protocol import load, serve

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def by_expansion(x, y, v, gamma, rows, out):
    squares = (y * y).sum(1) * -gamma
    own = (x * x).sum(1, keepdim=True) * -gamma
    for first in range(0, len(x), rows):
        tile = torch.addmm(squares, x[first:first + rows], y.T, alpha=2 * gamma)
        tile += own[first:first + rows]
        torch.mm(tile.exp_(), v, out=out[first:first + rows])
    return out


def by_distance(x, y, v, gamma, rows, out):
    for first in range(0, len(x), rows):
        tile = torch.cdist(x[first:first + rows], y)
        torch.mm(tile.square_().mul_(-gamma).exp_(), v, out=out[first:first + rows])
    return out


def kernel_product(request):
    x, y, v = (torch.from_numpy(load(request[name])) for name in ("x", "y", "v"))
    out = torch.empty(len(x), v.shape[1], dtype=v.dtype)
    ways = [(by_expansion, 64), (by_expansion, 256), (by_expansion, 1024), (by_distance, 256), (by_distance, 1024)]

    def run(way, rows):
        with torch.no_grad():
            return way(x, y, v, request["gamma"], rows, out).numpy()

    def seconds(way):
        sample = x[:2048]
        best = []
        for _ in range(3):
            start = time.perf_counter()
            with torch.no_grad():
                way[0](sample, y, v, request["gamma"], way[1], out[:len(sample)])
            best.append(time.perf_counter() - start)
        return min(best)

    chosen = min(ways, key=seconds)
    return lambda: run(*chosen)


def product(request):
    a, b = torch.from_numpy(load(request["a"])), torch.from_numpy(load(request["b"]))
    out = torch.empty(len(a), b.shape[1], dtype=a.dtype)
    return lambda: torch.mm(a, b, out=out).numpy()


serve("PyTorch", torch.__version__, {"kernel_product": kernel_product, "product": product})
