using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary><c>contexture transform MODEL DATA</c>: features of new rows.</summary>
internal static class TransformCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model that fit wrote, or an encoder that train wrote." };
        var data = new Argument<string>("DATA") { Description = ".csv, .csv.gz, .tsv, .npy or .parquet; - reads CSV from standard input." };
        var features = new Option<string>("--features") { Description = "Writes the features, .npy.", Required = true };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var quiet = new Option<bool>("--quiet") { Description = "Says nothing but errors." };
        var command = new Command("transform", "Features of new rows.") { model, data, features, json, quiet };
        command.SetAction(result =>
        {
            FeatureMap fitted = FeatureMap.Load(result.GetValue(model)!);
            DataTable table = DataTable.Read(result.GetValue(data)!);
            string path = result.GetValue(features)!;
            OutputFiles.Check([table.Source, result.GetValue(model)!], ("--features", path));
            double[] values = fitted.Transform(table, out IReadOnlyList<string> warnings);
            FitRun.WriteFeatures(path, values, table.Rows, fitted.Dimension, fitted.Precision);
            if (result.GetValue(json))
            {
                JsonOutput.Print(writer =>
                {
                    writer.WriteNumber("rows", table.Rows);
                    writer.WriteNumber("dim", fitted.Dimension);
                    writer.WriteString("context", fitted.Context.ToString());
                    writer.WriteString("features", path);
                    JsonOutput.WriteTexts(writer, "warnings", warnings);
                });
            }
            else if (!result.GetValue(quiet))
            {
                Console.WriteLine($"{table.Rows} rows, {fitted.Dimension} features of {fitted.Context}: {path}");
            }
            if (!result.GetValue(quiet))
                FitRun.PrintWarnings(warnings);
            return 0;
        });
        return command;
    }
}
