using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>
/// Draws groups from a joint law in the memory of one device, and gives networks what they are given of them, so that no number leaves the device. A group depends on the seed and on its
/// number alone: the same on every device, however groups are cut into batches.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public abstract class GroupSampler<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The stream of <see cref="Philox"/> that groups are drawn from.</summary>
    public const ulong Stream = 0x7061_6972;

    private readonly int _rows, _values;

    /// <summary>Describes a sampler; the storage belongs to the derived type.</summary>
    /// <param name="law">The law.</param>
    /// <param name="kind">What members are.</param>
    /// <param name="groups">Groups of a draw, at least 1.</param>
    /// <param name="members">Members of a group, at least 2; exactly 2 for <see cref="GroupKind.RowAndValue"/>.</param>
    protected GroupSampler(JointLaw law, GroupKind kind, int groups, int members)
    {
        ArgumentNullException.ThrowIfNull(law);
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind of group");
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 2);
        if (kind == GroupKind.RowAndValue && members != 2)
            throw new ArgumentException($"a row and its value are a pair; {members} members were asked for", nameof(members));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)groups * members, Array.MaxLength);
        (_rows, _values, Kind, Groups, Members) = (law.Rows, law.Values, kind, groups, members);
    }

    /// <summary>What members are.</summary>
    public GroupKind Kind { get; }

    /// <summary>Groups of a draw.</summary>
    public int Groups { get; }

    /// <summary>Members of a group.</summary>
    public int Members { get; }

    /// <summary>Whether the last draw was finished; members are there to be had only then.</summary>
    private bool IsDrawn { get; set; }

    /// <summary>Draws groups <paramref name="first"/>, first + 1, .. .</summary>
    /// <param name="first">Number of the first group, at least 0.</param>
    public void Draw(long first)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, (long.MaxValue / (Members + 1)) - Groups);
        DrawCore(first);
        IsDrawn = true;
    }

    /// <summary>The points of members: row <c>(m - member) Groups + g</c> of the output is <c>scale</c> times the point of member m of group g.</summary>
    /// <param name="points">A point for each row, or for each value, as the members are; rows and values alike where they are both.</param>
    /// <param name="member">The first member.</param>
    /// <param name="scale">Factor.</param>
    /// <param name="output">As many rows as there are groups, times the members that are wanted.</param>
    public void Gather(DeviceMatrix<T> points, int member, T scale, DeviceMatrix<T> output)
    {
        ArgumentNullException.ThrowIfNull(points);
        int last = CheckMembers(member, output);
        bool hasRows = Kind == GroupKind.Rows || (Kind == GroupKind.RowAndValue && member == 0), hasValues = Kind == GroupKind.Values || (Kind == GroupKind.RowAndValue && last == 1);
        if ((hasRows && points.Rows != _rows) || (hasValues && points.Rows != _values) || points.Columns != output.Columns)
            throw new ArgumentException($"members {member} .. {last} of {Kind} of {_rows} rows and {_values} values do not go with points ({points.Rows}, {points.Columns}) and outputs of {output.Columns} columns", nameof(points));
        if (!output.IsEmpty)
            GatherCore(points, member * Groups, scale, output);
    }

    /// <summary>The indicators of values: row g of the output is <paramref name="scale"/> at the value that member <paramref name="member"/> of group g is, 0 elsewhere.</summary>
    /// <param name="member">A member that is a value.</param>
    /// <param name="scale">What stands for 1.</param>
    /// <param name="output">(groups, values).</param>
    public void Indicate(int member, T scale, DeviceMatrix<T> output)
    {
        int last = CheckMembers(member, output);
        if (last != member || output.Columns != _values || Kind == GroupKind.Rows || (Kind == GroupKind.RowAndValue && member == 0))
            throw new ArgumentException($"indicators of member {member} of {Kind} must be ({Groups}, {_values}) and those of a value; the output is ({output.Rows}, {output.Columns})", nameof(output));
        IndicateCore(member * Groups, scale, output);
    }

    /// <summary>The numbers of the rows and values of the last draw: those of all first members, then of all second ones, and so on.</summary>
    /// <param name="numbers">Receives groups times members numbers.</param>
    public void Read(Span<int> numbers)
    {
        if (numbers.Length != Groups * Members)
            throw new ArgumentException($"{Groups} groups of {Members} have {Groups * Members} members; there is room for {numbers.Length}", nameof(numbers));
        CheckDrawn();
        ReadCore(numbers);
    }

    /// <summary>Releases the storage.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Implements <see cref="Draw"/>.</summary>
    protected abstract void DrawCore(long first);

    /// <summary>Implements <see cref="Gather"/>, from a number of the draw on.</summary>
    protected abstract void GatherCore(DeviceMatrix<T> points, int first, T scale, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="Indicate"/>, from a number of the draw on.</summary>
    protected abstract void IndicateCore(int first, T scale, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="Read"/>.</summary>
    protected abstract void ReadCore(Span<int> numbers);

    /// <summary>Releases the storage.</summary>
    protected abstract void Dispose(bool disposing);

    // The last of the members that an output has room for.
    private int CheckMembers(int member, DeviceMatrix<T> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int count = output.Rows / Groups;
        if (member < 0 || count < 1 || count > Members - member || output.Rows != count * Groups)
            throw new ArgumentException($"{output.Rows} rows hold no whole members, from number {member} on, of {Groups} groups of {Members}", nameof(output));
        CheckDrawn();
        return member + count - 1;
    }

    private void CheckDrawn()
    {
        if (!IsDrawn)
            throw new InvalidOperationException("nothing has been drawn yet");
    }
}
