using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>
/// One run of <see cref="KrylovSolver"/> on <c>A = B B^T</c>. It holds an orthonormal basis Q of k functions with <c>A Q = Q H + W E</c>, where W, the block to come, couples to the
/// newest functions only (after a restart: to all kept ones).
/// </summary>
internal sealed class KrylovIteration<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The basis grows by at most this share between two Rayleigh-Ritz steps.</summary>
    private const double Growth = 1.5;

    /// <summary>Blocks that the search for missed pairs takes at least and at most.</summary>
    private const int LeastProbes = 3, MostProbes = 8;

    private const ulong StartStream = 0x4b72796c, ReplacementStream = 0x4b72796d;

    private readonly LinearOperator<T> _b;
    private readonly HostLinearAlgebra _host;
    private readonly CancellationToken _cancellation;
    private readonly IProgress<SolverProgress>? _progress;
    private readonly Philox _start, _replacements;
    private readonly int _space, _wanted, _width, _capacity, _maximumRestarts;
    private readonly double _tolerance, _epsilon;
    private readonly DeviceMatrix<T> _q, _other;
    private readonly double[] _h;
    private int _size, _blockStart;
    private long _drawn;

    public KrylovIteration(LinearOperator<T> b, int dimension, HostLinearAlgebra host, KrylovSolverOptions options, CancellationToken cancellationToken)
    {
        (_b, _host, _cancellation, _progress, _maximumRestarts) = (b, host, cancellationToken, options.Progress, options.MaximumRestarts);
        (_space, _wanted) = (b.Rows, dimension);
        _width = KrylovSolver.BlockWidth(_space, dimension, options);
        _capacity = KrylovSolver.BasisSize(_space, dimension, options);
        _epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        _tolerance = 0.5 * options.Tolerance;
        _start = new Philox(options.Seed, StartStream);
        _replacements = new Philox(options.Seed, ReplacementStream);
        _q = b.Arithmetic.Allocate(_space, _capacity);
        _other = b.Arithmetic.Allocate(b.Columns, _width);
        _h = new double[_capacity * _capacity];
    }

    /// <summary>Compressions of the basis so far.</summary>
    public int Restarts { get; private set; }

    /// <summary>Functions that B or its adjoint was applied to so far.</summary>
    public long Applications { get; private set; }

    private Arithmetic<T> Arithmetic => _b.Arithmetic;

    /// <summary>An orthonormal basis of the wanted space, (space, wanted); the caller disposes it.</summary>
    public DeviceMatrix<T> Iterate()
    {
        AppendRandomBlock();
        (double[] values, double[] vectors) ritz = ([], []);
        while (true)
        {
            ritz = Grow();
            bool exhausted = Restarts >= _maximumRestarts;
            if (_size == _space || exhausted)
                return Combine(ritz.vectors, _wanted);
            double smallest = ritz.values[_wanted - 1];
            Compress(ritz.values, ritz.vectors, _wanted, keepPending: false);
            if (!Probe(smallest))
                return CopyOf(_q.ColumnRange(0, _wanted));
        }
    }

    // Expands and compresses until the wanted pairs have converged, the basis is the whole space, or the restarts are used up. Ritz values are descending.
    private (double[] Values, double[] Vectors) Grow()
    {
        int next = _wanted + Math.Max(_width, _wanted / 2);
        (int Size, double Residual) last = (0, 0);
        while (true)
        {
            double[] coupling = Expand();
            bool whole = _size == _space, full = _size + 1 > _capacity - _width && !whole;
            if (_size < _wanted || (_size < next && !whole && !full))
            {
                AppendPending();
                continue;
            }
            (double[] values, double[] vectors) = RayleighRitz();
            double[] residuals = Residuals(values, vectors, coupling);
            double allowed = Math.Max(_tolerance, 8 * _epsilon * Math.Max(values[0], 0));
            int converged = residuals.TakeWhile(r => r <= allowed).Count();
            double worst = residuals.Take(_wanted).Max();
            _progress?.Report(new SolverProgress(Math.Min(converged, _wanted), _wanted, worst, Applications));
            if (whole || converged >= _wanted || (full && Restarts >= _maximumRestarts))
                return (values, vectors);
            if (full)
            {
                int keep = Math.Min(_size - 1, _wanted + Math.Max(_width, (_capacity - _wanted) / 4));
                Compress(values, vectors, keep, keepPending: true);
                Restarts++;
                last = (0, 0);
                next = Math.Min(_capacity, _size + ((_capacity - _size) / 2));
            }
            else
            {
                next = NextStep(last, (_size, worst), allowed);
                last = (_size, worst);
                AppendPending();
            }
        }
    }

    // The size of the basis at which the residuals should be small enough if they go on falling as they did, exponentially in the size.
    private int NextStep((int Size, double Residual) before, (int Size, double Residual) now, double allowed)
    {
        double most = _size * Growth, rate = before.Size == 0 ? 0 : Math.Log(before.Residual / now.Residual) / (now.Size - before.Size);
        double size = rate > 0 ? now.Size + (Math.Log(now.Residual / allowed) / rate) : most;
        return (int)Math.Ceiling(Math.Clamp(size, _size + _width, Math.Max(most, _size + _width)));
    }

    // ---- the basis ----

    // Applies A to the newest block and projects: fills H, leaves the remainder in _pending and returns its Gram matrix (the coupling of the newest block to it).
    private double[] Expand()
    {
        _cancellation.ThrowIfCancellationRequested();
        int width = _size - _blockStart;
        DeviceMatrix<T> block = _q.ColumnRange(_blockStart, width);
        _pending?.Dispose();
        _pending = Arithmetic.Allocate(_space, width);
        ApplySquare(block, _pending);
        double[] coefficients = RemoveBasis(_pending);
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j < width; j++)
            {
                int column = _blockStart + j;
                double value = i < _blockStart ? coefficients[(i * width) + j] : 0.5 * (coefficients[(i * width) + j] + coefficients[(column * width) + i - _blockStart]);
                _h[(column * _capacity) + i] = _h[(i * _capacity) + column] = value;
            }
        }
        var gram = new double[width * width];
        Arithmetic.InnerProducts(_pending, _pending, gram);
        int bad = Array.FindIndex(gram, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new NumericalException($"the operator returned a value that is not finite for function {bad / width} of a block of {width}");
        return gram;
    }

    private DeviceMatrix<T>? _pending;

    private void ApplySquare(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> other = _other.ColumnRange(0, x.Columns);
        _b.ApplyAdjoint(x, other);
        _b.Apply(other, y);
        Applications += 2L * x.Columns;
    }

    // X -= Q (Q^T X), and the coefficients Q^T X. What is left along Q by rounding is found when the block is appended.
    private double[] RemoveBasis(DeviceMatrix<T> x)
    {
        DeviceMatrix<T> basis = _q.ColumnRange(0, _size);
        var along = new double[_size * x.Columns];
        Arithmetic.InnerProducts(basis, x, along);
        Arithmetic.MultiplySmall(basis, Array.ConvertAll(along, v => -v), T.One, x);
        return along;
    }

    private void AppendPending()
    {
        int width = Math.Min(_pending!.Columns, _space - _size);
        Append(_pending.ColumnRange(0, width));
    }

    private void AppendRandomBlock()
    {
        int width = Math.Min(_width, Math.Min(_space, _capacity) - _size);
        using DeviceMatrix<T> block = Arithmetic.Allocate(_space, width);
        BlockOrthonormalization.DrawInto(Arithmetic, block, _start, _drawn);
        _drawn += (long)_space * width;
        Append(block);
    }

    // Makes a block orthonormal and orthogonal to the basis. Normalising enlarges what rounding left along the basis, and functions lost in rounding are replaced by random
    // ones: hence the passes.
    private void Append(DeviceMatrix<T> block)
    {
        const int Passes = 5;
        double negligible = 4 * _epsilon, harmless = 0.1 * Math.Sqrt(_epsilon);
        for (int pass = 0; ; pass++)
        {
            BlockOrthonormalization.Orthonormalize(Arithmetic, block, _host, _replacements);
            if (_size == 0)
                break;
            var along = new double[_size * block.Columns];
            Arithmetic.InnerProducts(_q.ColumnRange(0, _size), block, along);
            double worst = along.Max(Math.Abs);
            if (worst <= negligible)
                break;
            if (pass == Passes)
                throw new NumericalException($"a block of {block.Columns} functions could not be made orthogonal to a basis of {_size}");
            Arithmetic.MultiplySmall(_q.ColumnRange(0, _size), Array.ConvertAll(along, v => -v), T.One, block);
            if (worst <= harmless)
                break;                              // removing so little changes the lengths by less than their rounding
        }
        Arithmetic.Copy(block, _q.ColumnRange(_size, block.Columns));
        _blockStart = _size;
        _size += block.Columns;
    }

    // ---- Rayleigh-Ritz ----

    // Descending values; column i of the (size, size) vectors belongs to value i.
    private (double[] Values, double[] Vectors) RayleighRitz()
    {
        int k = _size;
        double[] work = new double[k * k], ascending = new double[k], vectors = new double[k * k];
        for (int i = 0; i < k; i++)
            Array.Copy(_h, i * _capacity, work, i * k, k);
        _host.SymmetricEigen(work, k, ascending);
        Array.Reverse(ascending);
        for (int i = 0; i < k; i++)
            for (int r = 0; r < k; r++)
                vectors[(r * k) + i] = work[((k - 1 - i) * k) + r];
        return (ascending, vectors);
    }

    // ||A Q y - theta Q y|| = ||W y_newest||, from the Gram matrix of W.
    private double[] Residuals(double[] values, double[] vectors, double[] gram)
    {
        int k = _size, width = _size - _blockStart;
        var residuals = new double[values.Length];
        for (int c = 0; c < residuals.Length; c++)
        {
            double sum = 0;
            for (int i = 0; i < width; i++)
                for (int j = 0; j < width; j++)
                    sum += vectors[((_blockStart + i) * k) + c] * gram[(i * width) + j] * vectors[((_blockStart + j) * k) + c];
            residuals[c] = Math.Sqrt(Math.Max(0, sum));
        }
        return residuals;
    }

    private DeviceMatrix<T> Combine(double[] vectors, int count)
    {
        int k = _size;
        var leading = new double[k * count];
        for (int r = 0; r < k; r++)
            Array.Copy(vectors, r * k, leading, r * count, count);
        DeviceMatrix<T> combined = Arithmetic.Allocate(_space, count);
        Arithmetic.MultiplySmall(_q.ColumnRange(0, k), leading, T.Zero, combined);
        return combined;
    }

    // Thick restart: the basis becomes the leading Ritz functions, followed by the pending block, which is where A leads out of them.
    private void Compress(double[] values, double[] vectors, int keep, bool keepPending)
    {
        using (DeviceMatrix<T> combined = Combine(vectors, keep))
            Arithmetic.Copy(combined, _q.ColumnRange(0, keep));
        Array.Clear(_h);
        for (int i = 0; i < keep; i++)
            _h[(i * _capacity) + i] = values[i];
        (_size, _blockStart) = (keep, keep);
        if (keepPending)
            AppendPending();
    }

    private DeviceMatrix<T> CopyOf(DeviceMatrix<T> source)
    {
        DeviceMatrix<T> copy = Arithmetic.Allocate(source.Rows, source.Columns);
        Arithmetic.Copy(source, copy);
        return copy;
    }

    // ---- the search for what was missed ----

    // The basis holds the wanted space. Searches its complement from a random block; true if something larger than the smallest wanted value is there, and the basis then
    // contains it.
    private bool Probe(double smallest)
    {
        double resolution = Math.Max(2 * _tolerance, 32 * _epsilon * Math.Max(1, smallest));
        AppendRandomBlock();
        for (int probe = 1; ; probe++)
        {
            double[] coupling = Expand();
            (double value, double residual) = LargestOutside(coupling);
            if (value > smallest + resolution)
            {
                // The kept space and what was found, compressed to one basis; the search then goes on.
                if (_size + _width <= _capacity)
                    AppendPending();
                else
                    Shrink();
                return true;
            }
            bool settled = probe >= LeastProbes && residual <= Math.Max(0.5 * (smallest - value), 10 * resolution);
            if (settled || probe == MostProbes || _size + _width > _capacity || _size + _width > _space)
                return false;
            AppendPending();
        }
    }

    private void Shrink()
    {
        (double[] values, double[] vectors) = RayleighRitz();
        Compress(values, vectors, Math.Min(_size, _wanted), keepPending: true);
    }

    // The largest Ritz value of the functions beyond the wanted ones, and its residual.
    private (double Value, double Residual) LargestOutside(double[] gram)
    {
        int outside = _size - _wanted, width = _size - _blockStart, start = _blockStart - _wanted;
        double[] work = new double[outside * outside], values = new double[outside];
        for (int i = 0; i < outside; i++)
            for (int j = 0; j < outside; j++)
                work[(i * outside) + j] = _h[((_wanted + i) * _capacity) + _wanted + j];
        _host.SymmetricEigen(work, outside, values);
        double sum = 0;
        for (int i = 0; i < width; i++)
            for (int j = 0; j < width; j++)
                sum += work[((outside - 1) * outside) + start + i] * gram[(i * width) + j] * work[((outside - 1) * outside) + start + j];
        return (values[^1], Math.Sqrt(Math.Max(0, sum)));
    }

    public void Dispose()
    {
        _pending?.Dispose();
        _q.Dispose();
        _other.Dispose();
    }
}
