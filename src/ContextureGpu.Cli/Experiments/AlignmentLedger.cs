using System.Globalization;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>One training of a sweep.</summary>
/// <param name="Constraint">How the covariance is held.</param>
/// <param name="Epochs">Epochs; steps, where every step takes all rows.</param>
/// <param name="Width">Units of a hidden layer.</param>
/// <param name="Depth">Hidden layers.</param>
/// <param name="Seed">Key of the initial parameters and of the batches.</param>
internal sealed record AlignmentTraining(CovarianceConstraint Constraint, int Epochs, int Width, int Depth, ulong Seed);

/// <summary>The trainings that are done, in a CSV file that is written anew after each: a sweep that was stopped goes on where it was.</summary>
internal sealed class AlignmentLedger
{
    private const string Columns = "constraint,epochs,width,depth,seed,ccaR2,mutualKnn,ratioTrace,heldOutCcaR2,heldOutMutualKnn,rank,steps,seconds";

    private readonly string? _path;
    private readonly string _settings;
    private readonly Dictionary<AlignmentTraining, AlignmentScore> _scores = [];

    /// <summary>Reads the file, where there is one.</summary>
    /// <param name="path">The file; null keeps nothing.</param>
    /// <param name="settings">What all trainings of the sweep have in common, in one line.</param>
    /// <exception cref="InputException">The file holds something else, or trainings with other settings.</exception>
    public AlignmentLedger(string? path, string settings)
    {
        (_path, _settings) = (path, $"# {settings}");
        if (path is null || !File.Exists(path))
            return;
        string[] lines = File.ReadAllLines(path);
        if (lines.Length < 2 || lines[1] != Columns)
            throw new InputException($"{path}: this is no file of trainings of this experiment; name another one");
        if (lines[0] != _settings)
            throw new InputException($"{path}: its trainings are of '{lines[0][2..]}', and '{settings}' is asked for; name another file");
        for (int at = 2; at < lines.Length; at++)
        {
            if (!TryRead(lines[at]))
                throw new InputException($"{path}, line {at + 1}: a training was expected, '{lines[at]}' found");
        }
    }

    /// <summary>What is known of a training; null where it has not been done.</summary>
    public AlignmentScore? this[AlignmentTraining training] => _scores.GetValueOrDefault(training);

    /// <summary>Adds a training and writes the file.</summary>
    public void Add(AlignmentTraining training, AlignmentScore score)
    {
        _scores.Add(training, score);
        if (_path is null)
            return;
        var text = new StringBuilder();
        text.Append(_settings).Append('\n').Append(Columns).Append('\n');
        foreach ((AlignmentTraining t, AlignmentScore s) in _scores)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{AlignmentSweep.Word(t.Constraint)},{t.Epochs},{t.Width},{t.Depth},{t.Seed},{s.CcaR2:r},{s.MutualKnn:r},{s.RatioTrace:r},{s.HeldOutCcaR2:r},{s.HeldOutMutualKnn:r},{s.Rank},{s.Steps},{s.Seconds:r}\n");
        }
        AtomicFile.Write(_path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private bool TryRead(string line)
    {
        string[] cells = line.Split(',');
        CultureInfo plain = CultureInfo.InvariantCulture;
        if (cells.Length != 13 || !Enum.TryParse(cells[0], ignoreCase: true, out CovarianceConstraint constraint) || !ulong.TryParse(cells[4], plain, out ulong seed))
            return false;
        var whole = new int[13];
        foreach (int at in (int[])[1, 2, 3, 10, 11])
        {
            if (!int.TryParse(cells[at], plain, out whole[at]))
                return false;
        }
        var real = new double[13];
        foreach (int at in (int[])[5, 6, 7, 8, 9, 12])
        {
            if (!double.TryParse(cells[at], plain, out real[at]))
                return false;
        }
        return _scores.TryAdd(
            new AlignmentTraining(constraint, whole[1], whole[2], whole[3], seed), new AlignmentScore(real[5], real[6], real[7], real[8], real[9], whole[10], whole[11], real[12]));
    }
}
