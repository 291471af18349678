using System.Numerics;
using System.Numerics.Tensors;
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

    /// <summary>Share of the functions still missing, by the rate of convergence so far, after which there is another Rayleigh-Ritz step: where the step costs nothing, and where it costs all.</summary>
    private const double ShareOfFree = 0.4, ShareOfDear = 0.7;

    /// <summary>In units of a multiply-add of an operator: an eigenproblem of order k on the host takes about <c>EigenWork k^3</c>, a multiply-add of a projection on the basis a fourth.</summary>
    private const double EigenWork = 4, ProjectionWork = 0.25;

    /// <summary>Blocks that the search for missed pairs takes at least and at most.</summary>
    private const int LeastProbes = 3, MostProbes = 8;

    /// <summary>Rows that are compressed at a time.</summary>
    public const int CompressedRows = 8192;

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
    private readonly KrylovCheckpoint<T>? _checkpoint;
    private OrthogonalityLedger _orthogonality;

    // The newest block of the basis once more, and the block to come: rows of blocks that lie together are read many times faster than rows of the basis.
    private DeviceMatrix<T> _newest, _pending;
    private bool _holdsNewest;
    private double[]? _pendingFactor, _pendingLoss;
    private int _size, _blockStart, _coupledStart, _pendingWidth, _compressions;
    private bool _afterRestart;
    private long _drawn;

    public KrylovIteration(
        LinearOperator<T> b, int dimension, HostLinearAlgebra host, KrylovSolverOptions options, CancellationToken cancellationToken, KrylovCheckpoint<T>? checkpoint = null)
    {
        _checkpoint = checkpoint;
        (_b, _host, _cancellation, _progress, _maximumRestarts) = (b, host, cancellationToken, options.Progress, options.MaximumRestarts);
        (_space, _wanted) = (b.Rows, dimension);
        _width = KrylovSolver.BlockWidth(_space, dimension, options);
        _capacity = KrylovSolver.BasisSize(_space, dimension, options);
        _epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        _tolerance = 0.5 * options.Tolerance;
        _start = new Philox(options.Seed, StartStream);
        _replacements = new Philox(options.Seed, ReplacementStream);
        _q = b.Arithmetic.Allocate(_space, KrylovSolver.Pitch(_capacity));
        _other = b.Arithmetic.Allocate(b.Columns, _width);
        _newest = b.Arithmetic.Allocate(_space, _width);
        _pending = b.Arithmetic.Allocate(_space, _width);
        _h = new double[_capacity * _capacity];
        _orthogonality = new OrthogonalityLedger(_capacity, _space, _epsilon);
    }

    /// <summary>Compressions of the basis so far.</summary>
    public int Restarts { get; private set; }

    /// <summary>Functions that B or its adjoint was applied to so far.</summary>
    public long Applications { get; private set; }

    private Arithmetic<T> Arithmetic => _b.Arithmetic;

    /// <summary>An orthonormal basis of the wanted space, (space, wanted); the caller disposes it.</summary>
    public DeviceMatrix<T> Iterate()
    {
        if (_checkpoint?.Position is { } position)
            GoOnFrom(position);
        else
            AppendRandomBlock();
        while (true)
        {
            Ritz ritz = Grow();
            bool exhausted = Restarts >= _maximumRestarts;
            if (_size == _space || exhausted)
                return Combine(ritz, _wanted);
            double smallest = ritz.Values[_wanted - 1];
            Compress(ritz, _wanted, keepPending: false);
            if (!Probe(smallest))
                return CopyOf(_q.ColumnRange(0, _wanted));
        }
    }

    // Expands and compresses until the wanted pairs have converged, the basis is the whole space, or the restarts are used up.
    private Ritz Grow()
    {
        int next = _wanted + Math.Max(_width, (int)(0.5 * _wanted * (1 + RitzShare(2 * _wanted))));
        (long Applied, double Residual) last = (0, 0);
        double rate = 0;
        while (true)
        {
            double[] coupling = Expand();
            bool whole = _size == _space, full = _size + 1 > _capacity - _width && !whole;
            if (_size < _wanted || (_size < next && !whole && !full))
            {
                AppendPending();
                continue;
            }
            Ritz ritz = RayleighRitz();
            double[] residuals = Residuals(ritz, coupling);
            double allowed = Math.Max(_tolerance, 8 * _epsilon * Math.Max(ritz.Values[0], 0));
            int converged = residuals.TakeWhile(r => r <= allowed).Count();
            double worst = residuals.Take(_wanted).Max();
            _progress?.Report(new SolverProgress(Math.Min(converged, _wanted), _wanted, worst, Applications));
            if (whole || converged >= _wanted || (full && Restarts >= _maximumRestarts))
                return ritz;
            if (full)
            {
                int keep = Math.Min(_size - 1, _wanted + Math.Max(_width, (_capacity - _wanted) / 4));
                Compress(ritz, keep, keepPending: true);
                Restarts++;
            }
            else
            {
                AppendPending();
            }
            // Residuals fall at least exponentially in the functions that A was applied to, restarts or none, and faster near the end: a part of what the rate so far
            // asks for, and then another look; the larger a part, the more of the time looking takes.
            if (last.Applied > 0 && worst < last.Residual)
                rate = 2 * Math.Log(last.Residual / worst) / (Applications - last.Applied);
            double share = ShareOfFree + ((ShareOfDear - ShareOfFree) * RitzShare(_size));
            double missing = rate > 0 ? share * Math.Log(worst / allowed) / rate : double.PositiveInfinity;
            next = (int)Math.Ceiling(_size + Math.Clamp(missing - _width, 0, _size * (Growth - 1)));
            last = (Applications, worst);
        }
    }

    // What a Rayleigh-Ritz step takes of the time of a block with one, at this size of the basis: between 0 and 1. A count of operations and no clock, for a run is to be repeatable.
    private double RitzShare(double size)
    {
        double ritz = EigenWork * size * size * size, block = 2 * _width * (_b.Work + (ProjectionWork * _space * size));
        return ritz / (ritz + block);
    }

    // ---- the basis ----

    // The block to come.
    private DeviceMatrix<T> Pending => _pending.ColumnRange(0, _pendingWidth);

    // The newest block.
    private DeviceMatrix<T> Newest()
    {
        int width = _size - _blockStart;
        DeviceMatrix<T> newest = _newest.ColumnRange(0, width);
        if (!_holdsNewest)
            Arithmetic.Copy(_q.ColumnRange(_blockStart, width), newest);
        _holdsNewest = true;
        return newest;
    }

    // Applies A to the newest block and projects: fills H, leaves the remainder in Pending and returns its Gram matrix (the coupling of the newest block to it).
    // One pass against the basis is enough while the basis is orthogonal; the ledger says when a second one is due.
    private double[] Expand()
    {
        _cancellation.ThrowIfCancellationRequested();
        int width = _pendingWidth = _size - _blockStart;
        DeviceMatrix<T> basis = _q.ColumnRange(0, _size), pending = Pending;
        _b.ApplySquare(Newest(), pending, _other.ColumnRange(0, width));
        Applications += 2L * width;
        double[] coefficients = new double[_size * width], gram = new double[width * width];
        Arithmetic.ProjectionCoefficients(basis, pending, coefficients);
        Remove(coefficients, pending);
        Gram(pending, gram);
        _pendingFactor = BlockOrthonormalization.InverseCholesky(gram, width);
        _pendingLoss = _pendingFactor is null ? null : _orthogonality.AfterOnePass(_size, _coupledStart, coefficients, _pendingFactor, width);
        if (_pendingLoss is null || !_orthogonality.Tolerates(_pendingLoss))
        {
            var along = new double[_size * width];
            Arithmetic.ProjectionCoefficients(basis, pending, along);
            Remove(along, pending);
            TensorPrimitives.Add(coefficients, along, coefficients);
            Gram(pending, gram);
            _pendingFactor = BlockOrthonormalization.InverseCholesky(gram, width);
            _pendingLoss = _pendingFactor is null ? null : _orthogonality.AfterTwoPasses(_size, _pendingFactor, width);
        }
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j < width; j++)
            {
                int column = _blockStart + j;
                double value = i < _blockStart ? coefficients[(i * width) + j] : 0.5 * (coefficients[(i * width) + j] + coefficients[(column * width) + i - _blockStart]);
                _h[(column * _capacity) + i] = _h[(i * _capacity) + column] = value;
            }
        }
        return gram;
    }

    private void Gram(DeviceMatrix<T> block, double[] gram)
    {
        Arithmetic.InnerProducts(block, block, gram);
        int bad = Array.FindIndex(gram, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new NumericalException($"the operator returned a value that is not finite for function {bad / block.Columns} of a block of {block.Columns}");
    }

    // X -= Q C for the coefficients C, (size, columns), which are left as they are.
    private void Remove(double[] coefficients, DeviceMatrix<T> x)
    {
        var negative = new double[coefficients.Length];
        TensorPrimitives.Negate(coefficients, negative);
        Arithmetic.MultiplySmall(_q.ColumnRange(0, _size), negative, T.One, x);
    }

    // By the Cholesky factor of the Gram matrix at hand where that is known to do (once more if rounding left something), by Append's measured passes otherwise. Where the
    // space ends, the last functions are rounding only and are left out.
    private void AppendPending()
    {
        int width = Math.Min(_pendingWidth, _space - _size);
        if (width == _pendingWidth && _pendingFactor is not null && _orthogonality.Tolerates(_pendingLoss!))
        {
            double[]? factor = _pendingFactor;
            var gram = new double[width * width];
            for (int pass = 0; pass < 2 && factor is not null; pass++)
            {
                // From one block into the other, which takes its name.
                Arithmetic.MultiplySmall(Pending, factor, T.Zero, _newest.ColumnRange(0, width));
                (_newest, _pending) = (_pending, _newest);
                Gram(Pending, gram);
                if (BlockOrthonormalization.IsOrthonormal<T>(gram, width))
                {
                    Arithmetic.Copy(Pending, _q.ColumnRange(_size, width));
                    (_newest, _pending) = (_pending, _newest);
                    Accept(width, _pendingLoss, holdsNewest: true);
                    return;
                }
                factor = BlockOrthonormalization.InverseCholesky(gram, width);
            }
        }
        AppendPending(width);
    }

    // By measured passes.
    private void AppendPending(int width)
    {
        Arithmetic.Copy(_pending.ColumnRange(0, width), _q.ColumnRange(_size, width));
        Append(width);
    }

    private void AppendRandomBlock()
    {
        int width = Math.Min(_width, Math.Min(_space, _capacity) - _size);
        BlockOrthonormalization.DrawInto(Arithmetic, _q.ColumnRange(_size, width), _start, _drawn);
        _drawn += (long)_space * width;
        Append(width);
    }

    // Makes the functions behind the basis orthonormal and orthogonal to it, whatever they are. Normalising enlarges what rounding left along the basis, and functions
    // lost in rounding are replaced by random ones: hence the passes.
    private void Append(int width)
    {
        const int Passes = 5;
        DeviceMatrix<T> block = _q.ColumnRange(_size, width);
        double negligible = 4 * _epsilon, harmless = 0.1 * Math.Sqrt(_epsilon);
        for (int pass = 0; ; pass++)
        {
            BlockOrthonormalization.Orthonormalize(Arithmetic, block, _host, _replacements);
            if (_size == 0)
                break;
            var along = new double[_size * width];
            Arithmetic.ProjectionCoefficients(_q.ColumnRange(0, _size), block, along);
            double worst = TensorPrimitives.MaxMagnitude(along);
            if (double.Abs(worst) <= negligible)
                break;
            if (pass == Passes)
                throw new NumericalException($"a block of {width} functions could not be made orthogonal to a basis of {_size}");
            Remove(along, block);
            if (double.Abs(worst) <= harmless)
                break;                              // removing so little changes the lengths by less than their rounding
        }
        Accept(width, null, holdsNewest: false);
    }

    private void Accept(int width, double[]? loss, bool holdsNewest)
    {
        _orthogonality.Append(_size, width, loss);
        _holdsNewest = holdsNewest;
        (_coupledStart, _blockStart) = (_afterRestart ? 0 : _blockStart, _size);
        _afterRestart = false;
        _size += width;
        _checkpoint?.Save(
            Arithmetic, _q, new KrylovPosition(_size, _blockStart, _coupledStart, _afterRestart, _compressions, _drawn, Restarts, Applications), _h, _orthogonality);
    }

    // The newest block is expanded next, as after Accept. Where the search for missed pairs was on, it begins anew when the wanted pairs have been found converged.
    private void GoOnFrom(KrylovPosition position)
    {
        _orthogonality = _checkpoint!.Restore(Arithmetic, _q, _h);
        (_size, _blockStart, _coupledStart, _afterRestart, _compressions, _drawn, Restarts, Applications) = position;
    }

    // ---- Rayleigh-Ritz ----

    /// <summary>Eigenpairs of H.</summary>
    /// <param name="Values">Descending.</param>
    /// <param name="Ascending">Row-major, a vector a row; that of <c>Values[i]</c> is row <c>size - 1 - i</c>.</param>
    private readonly record struct Ritz(double[] Values, double[] Ascending)
    {
        public ReadOnlySpan<double> Vector(int i) => Ascending.AsSpan((Values.Length - 1 - i) * Values.Length, Values.Length);

        /// <summary>The leading vectors as columns, row-major (size, count).</summary>
        public double[] Leading(int count)
        {
            int size = Values.Length;
            var leading = new double[size * count];
            for (int c = 0; c < count; c++)
            {
                ReadOnlySpan<double> vector = Vector(c);
                for (int r = 0; r < vector.Length; r++)
                    leading[(r * count) + c] = vector[r];
            }
            return leading;
        }
    }

    private Ritz RayleighRitz()
    {
        int k = _size;
        double[] work = new double[k * k], values = new double[k];
        for (int i = 0; i < k; i++)
            Array.Copy(_h, i * _capacity, work, i * k, k);
        _host.SymmetricEigen(work, k, values);
        Array.Reverse(values);
        return new Ritz(values, work);
    }

    // ||A Q y - theta Q y|| = ||W y_newest||, from the Gram matrix of W.
    private double[] Residuals(Ritz ritz, double[] gram)
    {
        int width = _size - _blockStart;
        var residuals = new double[_size];
        for (int c = 0; c < residuals.Length; c++)
        {
            ReadOnlySpan<double> y = ritz.Vector(c)[_blockStart..];
            double sum = 0;
            for (int i = 0; i < width; i++)
                sum += y[i] * TensorPrimitives.Dot(gram.AsSpan(i * width, width), y);
            residuals[c] = Math.Sqrt(Math.Max(0, sum));
        }
        return residuals;
    }

    private DeviceMatrix<T> Combine(Ritz ritz, int count)
    {
        DeviceMatrix<T> combined = Arithmetic.Allocate(_space, count);
        Arithmetic.MultiplySmall(_q.ColumnRange(0, _size), ritz.Leading(count), T.Zero, combined);
        return combined;
    }

    // Thick restart: the basis becomes the leading Ritz functions, followed by the pending block, which is where A leads out of them. A tile of rows at a time: no second
    // basis is held.
    private void Compress(Ritz ritz, int keep, bool keepPending)
    {
        int k = _size;
        double[] leading = ritz.Leading(keep);
        using DeviceMatrix<T> rotation = Arithmetic.UploadMatrix<T>(leading, k, keep);
        using DeviceMatrix<T> scratch = MemoryTile.Allocate(Math.Min(_space, CompressedRows), rows => Arithmetic.Allocate(rows, keep), out int tile);
        for (int row = 0; row < _space; row += tile)
        {
            int rows = Math.Min(tile, _space - row);
            DeviceMatrix<T> q = _q.RowRange(row, rows), target = scratch.RowRange(0, rows);
            Arithmetic.Multiply(T.One, q.ColumnRange(0, k), Orientation.Normal, rotation, Orientation.Normal, T.Zero, target);
            Arithmetic.Copy(target, q.ColumnRange(0, keep));
        }
        Array.Clear(_h);
        for (int i = 0; i < keep; i++)
            _h[(i * _capacity) + i] = ritz.Values[i];
        (_size, _blockStart, _coupledStart, _afterRestart) = (keep, keep, 0, true);
        _compressions++;
        _orthogonality.Combine(k, leading, keep, _host);
        if (keepPending)
            AppendPending(Math.Min(_pendingWidth, _space - _size));
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

    private void Shrink() => Compress(RayleighRitz(), Math.Min(_size, _wanted), keepPending: true);

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
        _q.Dispose();
        _other.Dispose();
        _newest.Dispose();
        _pending.Dispose();
    }
}
