"""The BLAS that NumPy is linked with (Debian: the alternative chosen for libblas.so.3, OpenBLAS or MKL)."""

import numpy
from protocol import load, serve


def product(request):
    a, b = load(request["a"]), load(request["b"])
    out = numpy.empty((a.shape[0], b.shape[1]), a.dtype)
    return lambda: numpy.matmul(a, b, out=out)


def inner(request):
    a = load(request["a"])
    return lambda: a.T @ a


serve("NumPy BLAS", numpy.__version__, {"product": product, "inner": inner})
