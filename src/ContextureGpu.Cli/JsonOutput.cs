using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary>One JSON object on standard output.</summary>
internal static class JsonOutput
{
    // The text goes to a terminal or a program, never into a page: only what JSON itself asks for is escaped.
    private static readonly JsonWriterOptions Style = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Prints the object whose members are written by <paramref name="members"/>.</summary>
    public static void Print(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Style))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        Console.Out.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>backend, name and nativeLibrary of a device.</summary>
    public static void WriteDevice(Utf8JsonWriter writer, DeviceDescription device)
    {
        writer.WriteString("backend", device.Backend switch
        {
            BackendKind.Cpu => "cpu",
            BackendKind.Cuda => "cuda",
            BackendKind.OpenCl => "opencl",
            _ => "ilgpu-cpu",
        });
        writer.WriteString("name", device.Name);
        writer.WriteString("nativeLibrary", device.NativeLibrary);
    }

    /// <summary>A number; null where there is none or it is infinite, which JSON cannot say.</summary>
    public static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            writer.WriteNumber(name, number);
        else
            writer.WriteNull(name);
    }

    /// <summary>An array of numbers; null in the place of one that is infinite.</summary>
    public static void WriteNumbers(Utf8JsonWriter writer, string name, ReadOnlySpan<double> values)
    {
        writer.WriteStartArray(name);
        foreach (double value in values)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
        writer.WriteEndArray();
    }

    /// <summary>An array of texts.</summary>
    public static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
