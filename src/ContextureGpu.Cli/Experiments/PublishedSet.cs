using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>A public data set that the published experiments used, and what they found on it.</summary>
/// <param name="Name">Name of its file, without <c>.csv.gz</c>.</param>
/// <param name="Target">Column to be predicted.</param>
/// <param name="Kind">How it is taken.</param>
/// <param name="Drop">Columns that are no inputs.</param>
/// <param name="Pearson">Published correlation of tau and error (Zhai, "Contextures", 2025).</param>
/// <param name="Distance">Published distance correlation.</param>
internal sealed record PublishedSet(string Name, string Target, TargetKind Kind, IReadOnlyList<string> Drop, double Pearson, double Distance)
{
    /// <summary>Columns of numbers that stand for categories, as the publisher of the set (OpenML) declares them.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Medians over the 28 sets of the publication.</summary>
    public const double MedianPearson = 0.587, MedianDistance = 0.659;

    /// <summary>The sets known here, in the order of the publication.</summary>
    public static IReadOnlyList<PublishedSet> All { get; } =
    [
        new("credit-approval", "class", TargetKind.Classes, [], 0.583, 0.683),
        new("breast-w", "Class", TargetKind.Classes, [], 0.072, 0.255),
        new("diabetes", "class", TargetKind.Classes, [], 0.737, 0.740),
        new("solar-flare", "X-class_flares_production_by_this_region", TargetKind.Quantity, [], 0.019, 0.262),
        new("cmc", "Contraceptive_method_used", TargetKind.Classes, [], 0.867, 0.860)
        {
            Categories = ["Wifes_education", "Husbands_education", "Wifes_religion", "Wifes_now_working?", "Husbands_occupation", "Standard-of-living_index", "Media_exposure"],
        },
        new("wine-quality-red", "quality", TargetKind.Quantity, [], -0.084, 0.212),
        new("splice", "Class", TargetKind.Classes, ["Instance_name"], 0.831, 0.801),
        new("kr-vs-kp", "class", TargetKind.Classes, [], 0.543, 0.512),
        new("abalone", "Class_Rings", TargetKind.Quantity, [], 0.028, 0.470),
        new("spambase", "class", TargetKind.Classes, [], 0.775, 0.858),
        new("mushroom", "class", TargetKind.Classes, [], 0.185, 0.340),
    ];

    /// <summary>The sets of these names, all where there are none, whose files lie in a folder.</summary>
    /// <exception cref="InputException">A name is not known, or no file is there.</exception>
    public static IReadOnlyList<(PublishedSet Set, string Path)> In(string folder, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (All.All(set => set.Name != name))
                throw new InputException($"--sets: there is no set {name}; known are {string.Join(", ", All.Select(set => set.Name))}");
        }
        (PublishedSet, string)[] found = [.. from set in All
                                             where names.Count == 0 || names.Contains(set.Name)
                                             let path = Path.Combine(folder, set.Name + ".csv.gz")
                                             where File.Exists(path)
                                             select (set, path)];
        return found.Length > 0 ? found : throw new InputException($"{folder} holds none of {string.Join(", ", All.Select(set => set.Name + ".csv.gz"))}");
    }

    /// <summary>Rows that have a target, and the target; at most <paramref name="most"/> rows, drawn by the seed.</summary>
    public (DataTable Table, EvaluationTarget Task) Read(string path, int most, ulong seed)
    {
        DataTable table = WithCategories(DataTable.Read(path).Without(Drop));
        if (table.Rows > most)
            table = table.Rows(RowSplit.Of(table.Rows, [(double)most / table.Rows], seed)[0]);
        return (table, EvaluationTarget.From(table, Target, Kind));
    }

    private DataTable WithCategories(DataTable table) => Categories.Count == 0 ? table : new DataTable(
        table.Source,
        table.Rows,
        table.ColumnNames.Select((name, j) => !table.IsNumeric(j) ? new DataColumn(name, [.. table.Texts(j)])
            : Categories.Contains(name) ? new DataColumn(name, Array.ConvertAll(table.Numbers(j).ToArray(), v => double.IsNaN(v) ? null : Invariant($"{v}")))
            : new DataColumn(name, table.Numbers(j).ToArray())));

    /// <summary>The inputs of a table of this set.</summary>
    public ContextSample Sample(DataTable table, PreprocessingOptions preprocessing) =>
        ContextTable.Read(table, Context.Knn(1), Preprocessing.Fit(table, preprocessing with { Exclude = [Target] }), null, out _).Sample;
}
