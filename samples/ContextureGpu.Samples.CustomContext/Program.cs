using System.Globalization;
using ContextureGpu;
using ContextureGpu.Samples;

// 2,000 moments of ten years.
var moments = new double[2000, 1];
for (int i = 0; i < moments.Length; i++)
    moments[i, 0] = 10.0 * i / moments.Length;

var law = new SeasonContext(width: 0.08);
using var engine = ContextureEngine.Create();
SpectralModel model = engine.Fit(moments, Context.Custom(law), new SpectralOptions { Dimension = 4 });
Console.WriteLine($"s = {string.Join(", ", model.SingularValues.ToArray().Select(s => s.ToString("f4", CultureInfo.InvariantCulture)))}");

// The features are waves of the year, in pairs: the same in every year, in this one and in those to come.
double[] features = new double[2 * 4];
model.Transform([0.25, 42.25], features);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the first feature at the end of March: {features[0]:f4} in year 0, {features[4]:f4} in year 42"));

// A model's file holds the name of the law, not its code: the code is given when the file is opened.
string file = Path.Combine(Path.GetTempPath(), "season.ctx");
model.Save(file);
SpectralModel again = SpectralModel.Load(file, law);
again.Transform([42.25, 7.5], features);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and from the stored model: {features[0]:f4}"));
File.Delete(file);

// A law of one's own mixes with all others.
Context mixed = 0.7 * Context.Custom(law) + 0.3 * Context.Target("temperature", smoothing: 0.5);
Console.WriteLine(mixed);

// What is known of a context is enough: a sampler with its density, a density alone, or a kernel. 500 moments will do.
var few = new double[500, 1];
for (int i = 0; i < few.Length; i++)
    few[i, 0] = 2.0 * i / few.Length;
foreach (Context derived in new[] { Context.Custom(new TremorContext(width: 0.1, draws: 1000)), Context.Custom(new TideContext(width: 0.2)), Context.Kernel(new WeekdayKernel()), Context.Custom(new WeekdayKernel()) })
{
    SpectralModel fitted = engine.Fit(few, derived, new SpectralOptions { Dimension = 4 });
    Console.WriteLine($"{derived}: s = {string.Join(", ", fitted.SingularValues.ToArray().Select(s => s.ToString("f4", CultureInfo.InvariantCulture)))}");
}
