using ContextureGpu.Encoders;

namespace ContextureGpu.Cli;

/// <summary>What the commands need of a model file, whether <c>fit</c> or <c>train</c> wrote it.</summary>
internal abstract class FeatureMap
{
    public abstract Context Context { get; }

    public abstract int Rows { get; }

    public abstract int Dimension { get; }

    public abstract ElementPrecision Precision { get; }

    /// <summary>Features of the sample, row-major.</summary>
    public abstract double[] Features { get; }

    /// <summary>Reads either kind.</summary>
    /// <exception cref="InputException">It is neither, is damaged, or is of another version.</exception>
    public static FeatureMap Load(string path) => EncoderFile.IsEncoder(path) ? new Trained(EncoderModel.Load(path)) : new Fitted(SpectralModel.Load(path));

    /// <summary>Features of new rows.</summary>
    public abstract double[] Transform(DataTable table, out IReadOnlyList<string> warnings);

    private sealed class Fitted(SpectralModel model) : FeatureMap
    {
        public override Context Context => model.Context;

        public override int Rows => model.Rows;

        public override int Dimension => model.Dimension;

        public override ElementPrecision Precision => model.Facts.Precision;

        public override double[] Features => model.Features.ToArray();

        public override double[] Transform(DataTable table, out IReadOnlyList<string> warnings) => model.Transform(table, out warnings);
    }

    private sealed class Trained(EncoderModel model) : FeatureMap
    {
        public override Context Context => model.Context;

        public override int Rows => model.Rows;

        public override int Dimension => model.Dimension;

        public override ElementPrecision Precision => model.Facts.Precision;

        public override double[] Features => model.Features.ToArray();

        public override double[] Transform(DataTable table, out IReadOnlyList<string> warnings) => model.Transform(table, out warnings);
    }
}
