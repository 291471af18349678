using System.CommandLine;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary><c>contexture devices</c>: what was found, what was passed over and why, what auto would choose.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var quiet = new Option<bool>("--quiet") { Description = "One line with the selector that auto stands for." };
        var measure = new Option<bool>("--measure") { Description = "Measure again, rather than go by the speeds measured before on this machine." };
        var command = new Command("devices", "Accelerators and native libraries found, and what auto would choose.") { json, quiet, measure };
        command.SetAction(result =>
        {
            SpeedSource source = result.GetValue(measure) ? SpeedSource.Measured : SpeedSource.Kept;
            if (result.GetValue(quiet) && !result.GetValue(json))
                Console.WriteLine(DeviceScheduler.Choose(source).Selector);
            else
                Print(DeviceScheduler.Survey(source), result.GetValue(json));
            return 0;
        });
        return command;
    }

    private static void Print(DeviceSurvey survey, bool json)
    {
        if (json)
        {
            JsonOutput.Print(writer =>
            {
                writer.WriteStartArray("devices");
                foreach (DeviceFinding finding in survey.Devices)
                {
                    writer.WriteStartObject();
                    writer.WriteString("selector", finding.Description.Selector);
                    JsonOutput.WriteDevice(writer, finding.Description);
                    writer.WriteNumber("memoryBytes", finding.Description.MemoryBytes);
                    writer.WriteBoolean("double", finding.Description.SupportsDouble);
                    if (finding.ProductSpeed is { } speed)
                        writer.WriteNumber("productGflops", speed);
                    if (finding.Compared.Count > 0)
                    {
                        writer.WriteStartObject("comparedGflops");
                        foreach (ProductSpeed compared in finding.Compared)
                            writer.WriteNumber(compared.Name, compared.Gflops);
                        writer.WriteEndObject();
                    }
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteStartArray("passedOver");
                foreach (var passed in survey.PassedOver)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", passed.Name);
                    writer.WriteString("reason", passed.Reason);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteString("choice", survey.Choice);
                writer.WriteString("reason", survey.Reason);
            });
            return;
        }
        foreach (DeviceFinding finding in survey.Devices)
        {
            string speed = finding.ProductSpeed is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:f0} GFLOP/s (float32 product)") : "not measured: a debugging aid, never chosen";
            Console.WriteLine($"{finding.Description.Selector,-10} {finding.Description.Name}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"           {speed}; {finding.Description.MemoryBytes / (1024.0 * 1024 * 1024):f1} GiB; float64 {(finding.Description.SupportsDouble ? "yes" : "no")}"));
            if (finding.Compared.Count > 0)
                Console.WriteLine($"           products in {finding.Compared[0].Name} ({string.Join(", ", finding.Compared.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.Gflops:f0}")))} GFLOP/s)");
            if (finding.Description.NativeLibrary is { } library)
                Console.WriteLine($"           {(finding.Compared.Count > 0 ? "eigenproblems" : "products and eigenproblems")} in {library}");
        }
        foreach (var passed in survey.PassedOver)
            Console.WriteLine($"passed over: {passed.Name}: {passed.Reason}");
        Console.WriteLine($"auto chooses {survey.Choice}: {survey.Reason}");
    }
}
