using Parquet;
using Parquet.Schema;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Parquet files: what comes back from columns of every accepted kind, and what is said of the others.</summary>
public sealed class ParquetFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("t.parquet");

    [Fact]
    public async Task Every_accepted_kind_of_column_comes_back_over_several_groups()
    {
        await Write(
            groups: 3,
            (new DataField<double>("f64"), (g, f) => g.WriteAsync<double>(f, new double[] { 1.5, double.NaN, -0.25 })),
            (new DataField<float>("f32", true), (g, f) => g.WriteAsync<float>(f, new float?[] { 0.5f, null, 2 })),
            (new DataField<int>("i32"), (g, f) => g.WriteAsync<int>(f, new[] { 1, -2, int.MaxValue })),
            (new DataField<long>("i64", true), (g, f) => g.WriteAsync<long>(f, new long?[] { null, 1L << 52, -3 })),
            (new DataField<byte>("u8"), (g, f) => g.WriteAsync<byte>(f, new byte[] { 0, 7, 255 })),
            (new DataField<short>("i16"), (g, f) => g.WriteAsync<short>(f, new short[] { -5, 0, 5 })),
            (new DataField<uint>("u32"), (g, f) => g.WriteAsync<uint>(f, new uint[] { 0, 1, uint.MaxValue })),
            (new DecimalDataField("price", 10, 2, isNullable: false), (g, f) => g.WriteAsync<decimal>(f, new[] { 1.25m, -3.5m, 0 })),
            (new DataField<bool>("flag", true), (g, f) => g.WriteAsync<bool>(f, new bool?[] { true, null, false })),
            (new DataField<string>("colour"), (g, f) => g.WriteAsync(f, new[] { "red", null, " blue " }!)),
            (new DataField<string>("odd"), (g, f) => g.WriteAsync(f, new[] { "NA", "", "\u6f22 \U0001F600" })));
        DataTable table = DataTable.Read(Path);
        Assert.Equal((Path, 9), (table.Source, table.Rows));
        Assert.Equal(["f64", "f32", "i32", "i64", "u8", "i16", "u32", "price", "flag", "colour", "odd"], table.ColumnNames);
        Numbers("f64", 1.5, double.NaN, -0.25);
        Numbers("f32", 0.5, double.NaN, 2);
        Numbers("i32", 1, -2, int.MaxValue);
        Numbers("i64", double.NaN, 1L << 52, -3);
        Numbers("u8", 0, 7, 255);
        Numbers("i16", -5, 0, 5);
        Numbers("u32", 0, 1, uint.MaxValue);
        Numbers("price", 1.25, -3.5, 0);
        Texts("flag", "true", null, "false");
        Texts("colour", "red", null, "blue");
        Texts("odd", null, null, "\u6f22 \U0001F600");

        void Numbers(string column, params double[] cells) => Assert.Equal([.. cells, .. cells, .. cells], table.Numbers(table.ColumnIndex(column)).ToArray());
        void Texts(string column, params string?[] cells)
        {
            Assert.False(table.IsNumeric(table.ColumnIndex(column)));
            Assert.Equal([.. cells, .. cells, .. cells], table.Texts(table.ColumnIndex(column)));
        }
    }

    [Fact]
    public async Task Long_columns_of_few_values_come_back_from_dictionaries()
    {
        string[] levels = ["setosa", "versicolor", "virginica"];
        string[] texts = [.. Enumerable.Range(0, 20_000).Select(i => levels[i * 7 % 3])];
        int[] numbers = [.. Enumerable.Range(0, 20_000).Select(i => i % 5)];
        await Write(2, (new DataField<string>("species"), (g, f) => g.WriteAsync(f, texts)), (new DataField<int>("n"), (g, f) => g.WriteAsync<int>(f, numbers)));
        DataTable table = DataTable.Read(Path);
        Assert.Equal([.. texts, .. texts], table.Texts(0));
        Assert.Equal([.. numbers.Concat(numbers).Select(n => (double)n)], table.Numbers(1).ToArray());
    }

    [Fact]
    public async Task A_fit_is_the_same_from_parquet_and_from_text()
    {
        double[] a = [.. Enumerable.Range(0, 30).Select(i => i * i % 17 / 4.0)];
        string?[] c = [.. Enumerable.Range(0, 30).Select(i => i % 7 == 0 ? null : i % 2 == 0 ? "x" : "y")];
        await Write(1, (new DataField<double>("a"), (g, f) => g.WriteAsync<double>(f, a)), (new DataField<string>("c"), (g, f) => g.WriteAsync(f, c!)));
        string csv = _folder.File("t.csv");
        await File.WriteAllLinesAsync(csv, ["a,c", .. a.Zip(c, (x, y) => FormattableString.Invariant($"{x},{y}"))], TestContext.Current.CancellationToken);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel[] models = [.. new[] { Path, csv }.Select(path => engine.Fit(
            DataTable.Read(path), Context.Knn(4), null, new SpectralOptions { Dimension = 5, Precision = ElementPrecision.Double }, TestContext.Current.CancellationToken))];
        Assert.Equal(models[0].Features, models[1].Features);
        Assert.Equal(4, models[0].InputDimension);
    }

    [Fact]
    public async Task Nested_columns_and_other_types_are_refused_by_name()
    {
        await Schema(new DataField<int>("id"), new ListField("tags", new DataField<int>("element")));
        Assert.Contains("column 'tags' is nested", Refusal(), StringComparison.Ordinal);
        await Schema(new StructField("place", new DataField<double>("x"), new DataField<double>("y")));
        Assert.Contains("column 'place' is nested", Refusal(), StringComparison.Ordinal);
        await Write(1, (new DataField<DateTime>("when"), (g, f) => g.WriteAsync<DateTime>(f, new[] { DateTime.UnixEpoch })));
        Assert.Contains("column 'when' holds values of type DateTime", Refusal(), StringComparison.Ordinal);
        await Write(1, (new DataField<byte[]>("blob"), (g, f) => g.WriteAsync(f, new[] { new byte[] { 1, 2 } })));
        Assert.Contains("column 'blob'", Refusal(), StringComparison.Ordinal);
        await Write(2, (new DataField<double>("a"), (g, f) => g.WriteAsync<double>(f, new[] { 1, double.PositiveInfinity })));
        Assert.Contains("row 2, column 'a' holds an infinite number", Refusal(), StringComparison.Ordinal);
        await Schema(new DataField<int>("id"));
        Assert.Contains("0 rows", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_refused_or_read_never_anything_else()
    {
        await Write(
            2, (new DataField<double>("a"), (g, f) => g.WriteAsync<double>(f, new[] { 1.0, 2, 3 })), (new DataField<string>("c"), (g, f) => g.WriteAsync(f, new[] { "x", "y", "x" })));
        byte[] whole = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        for (int length = 0; length < whole.Length; length += 1 + (length / 40))
        {
            await File.WriteAllBytesAsync(Path, whole[..length], TestContext.Current.CancellationToken);
            Refusal();
        }
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x15;
            await File.WriteAllBytesAsync(Path, damaged, TestContext.Current.CancellationToken);
            try
            {
                Assert.True(DataTable.Read(Path).Rows > 0);
            }
            catch (InputException refusal)
            {
                Assert.StartsWith(Path + ": ", refusal.Message, StringComparison.Ordinal);
            }
        }
        await File.WriteAllTextAsync(Path, "a,b\n1,2\n", TestContext.Current.CancellationToken);
        Assert.Contains("cannot be read as Parquet", Refusal(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Refusal()
    {
        string message = Assert.Throws<InputException>(() => DataTable.Read(Path)).Message;
        Assert.StartsWith(Path + ": ", message, StringComparison.Ordinal);
        return message;
    }

    private async Task Schema(params Field[] fields)
    {
        await using FileStream stream = File.Create(Path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream);
    }

    private async Task Write(int groups, params (DataField Field, Func<ParquetRowGroupWriter, DataField, Task> Write)[] columns)
    {
        await using FileStream stream = File.Create(Path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => (Field)c.Field)), stream);
        for (int g = 0; g < groups; g++)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach ((DataField field, Func<ParquetRowGroupWriter, DataField, Task> write) in columns)
                await write(group, field);
            group.CompleteValidate();
        }
    }
}
