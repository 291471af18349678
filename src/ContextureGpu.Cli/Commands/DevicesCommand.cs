using System.CommandLine;
using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary><c>contexture devices</c>: what was found, what was passed over and why, what auto would choose.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("devices", "Accelerators and native libraries found, and what auto would choose.") { json };
        command.SetAction(result => Run(result.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        DeviceSurvey survey = DeviceScheduler.Survey();
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
            return 0;
        }
        foreach (DeviceFinding finding in survey.Devices)
        {
            string speed = finding.ProductSpeed is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:f0} GFLOP/s (float32 product)") : "not measured: a debugging aid, never chosen";
            Console.WriteLine($"{finding.Description.Selector,-10} {finding.Description.Name}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"           {speed}; {finding.Description.MemoryBytes / (1024.0 * 1024 * 1024):f1} GiB; float64 {(finding.Description.SupportsDouble ? "yes" : "no")}"));
            if (finding.Description.NativeLibrary is { } library)
                Console.WriteLine($"           products in {library}");
        }
        foreach (var passed in survey.PassedOver)
            Console.WriteLine($"passed over: {passed.Name}: {passed.Reason}");
        Console.WriteLine($"auto chooses {survey.Choice}: {survey.Reason}");
        return 0;
    }
}
