using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c> of matrices that are stored by columns, as BLAS has them; queued on the session's stream. What is stored by rows is its transpose
/// stored by columns, so that a product by rows is that of the operands in the other order.
/// </summary>
/// <param name="transposeA">Whether A enters transposed.</param>
/// <param name="transposeB">Whether B enters transposed.</param>
/// <param name="m">Rows of C.</param>
/// <param name="n">Columns of C.</param>
/// <param name="k">Inner dimension.</param>
/// <param name="alpha">Factor of the product.</param>
/// <param name="a">A, from its first element on.</param>
/// <param name="leadingA">From one column of A to the next.</param>
/// <param name="b">B.</param>
/// <param name="leadingB">From one column of B to the next.</param>
/// <param name="beta">Factor of the old C, which is not read where it is 0.</param>
/// <param name="c">C.</param>
/// <param name="leadingC">From one column of C to the next.</param>
internal delegate void ColumnMajorProduct(
    bool transposeA, bool transposeB, int m, int n, int k, float alpha, ArrayView<float> a, int leadingA, ArrayView<float> b, int leadingB, float beta, ArrayView<float> c, int leadingC);
