"""scikit-learn: neighbours, kernel PCA, randomised SVD, and the whole neighbour context with SciPy's ARPACK on top."""

import numpy
import scipy.sparse
import scipy.sparse.linalg
import sklearn
from protocol import load, serve
from sklearn.decomposition import KernelPCA
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.extmath import randomized_svd


def neighbors(request):
    x, k = load(request["x"]), request["k"]
    algorithm = request.get("algorithm", "brute")

    def run():
        search = NearestNeighbors(n_neighbors=k, algorithm=algorithm, n_jobs=-1).fit(x)
        return search.kneighbors(x, return_distance=False)

    return run


def normalized(indices):
    """B = D_w^(1/2) P D_PA^(-1/2) of the neighbour context, and the square roots of the masses of its values of A."""
    n, k = indices.shape
    values = numpy.full(n * k, 1.0 / k)
    p = scipy.sparse.csr_matrix((values, indices.ravel(), numpy.arange(0, n * k + 1, k)), shape=(n, n))
    mass = numpy.asarray(p.sum(axis=0)).ravel() / n
    scale = numpy.divide(1.0, numpy.sqrt(mass), out=numpy.zeros(n), where=mass > 0)
    return scipy.sparse.csr_matrix(p.multiply(scale[numpy.newaxis, :]) / numpy.sqrt(n)), numpy.sqrt(mass)


def context(request):
    x, k, d, tolerance = load(request["x"]), request["k"], request["dim"], request["tolerance"]
    method, dtype = request.get("method", "arpack"), request.get("dtype", "float64")

    def run():
        search = NearestNeighbors(n_neighbors=k, algorithm=request.get("algorithm", "auto"), n_jobs=-1).fit(x)
        b, _ = normalized(search.kneighbors(x, return_distance=False))
        b = b.astype(dtype)
        if method == "randomized":
            s = randomized_svd(b, d + 1, n_iter=request["iterations"], random_state=0)[1]
        else:
            s = scipy.sparse.linalg.svds(b, k=d + 1, solver=method, tol=tolerance, random_state=0)[1]
        return numpy.sort(s)[::-1][1:]

    return run


def kernel_pca(request):
    x, d, gamma = load(request["x"]), request["dim"], request["gamma"]
    return lambda: KernelPCA(n_components=d, kernel="rbf", gamma=gamma, eigen_solver=request["method"]).fit(x).eigenvalues_


def truncated(request):
    a, d, passes = load(request["a"]), request["dim"], request["iterations"]
    return lambda: randomized_svd(a, d, n_iter=passes, random_state=0)[1]


serve("scikit-learn", sklearn.__version__, {"neighbors": neighbors, "context": context, "kernel_pca": kernel_pca, "randomized_svd": truncated})
