"""SciPy: sparse products, ARPACK and LOBPCG on an operator that is given."""

import numpy
import scipy
import scipy.sparse
import scipy.sparse.linalg
from protocol import load, serve


def matrix(request):
    starts, columns, values = load(request["starts"]), load(request["columns"]), load(request["values"])
    n = len(starts) - 1
    return scipy.sparse.csr_matrix((values.ravel(), columns.ravel().astype(numpy.int32), starts.ravel().astype(numpy.int32)), shape=(n, request["atoms"]))


def sparse_product(request):
    s, x = matrix(request), load(request["x"])
    s = s.astype(x.dtype)
    return lambda: s @ x


def spectrum(request):
    b, d = matrix(request), request["dim"]
    b = b.astype(request.get("dtype", "float64"))
    return lambda: numpy.sort(scipy.sparse.linalg.svds(b, k=d + 1, solver=request["method"], tol=request["tolerance"], random_state=0)[1])[::-1][1:]


serve("SciPy", scipy.__version__, {"sparse_product": sparse_product, "spectrum": spectrum})
