using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Gaussian noise around rows and around views of images: values of A are drawn, row after row in turn, and keep their exact posterior.</summary>
internal static class NoiseBinding
{
    private const ulong NoiseStream = 0x6e6f6973, ViewStream = 0x76696577;

    public static BoundContext Bind(NoiseContext noise, ContextSample sample) =>
        Bind(noise, noise.Draws, noise.Sigma, sample, 1, rows => Scaled(rows.Values, noise.Scale));

    public static BoundContext Bind(ViewsContext views, ContextSample sample)
    {
        int[][] maps = Maps(views, sample);
        return Bind(views, views.Draws, views.Sigma, sample, maps.Length, rows => Seen(rows, maps));
    }

    /// <summary>For each view, the pixel that each pixel comes from; -1 for what comes in from outside.</summary>
    /// <exception cref="InputException">The inputs are no image of this width, or it is smaller than the shift.</exception>
    public static int[][] Maps(ViewsContext views, ContextSample sample)
    {
        if (sample.Dimension % views.Width != 0)
            throw new InputException($"{views}: a row has {sample.Dimension} inputs, which is no multiple of the width {views.Width}; inputs are the image row by row");
        int height = sample.Dimension / views.Width, most = Math.Min(views.Width, height) - 1;
        return views.Shift <= most
            ? Maps(views, height)
            : throw new InputException($"{views}: a shift of {views.Shift} pixels can leave nothing of an image of {height} x {views.Width}; it must be at most {most}");
    }

    private static PosteriorContext Bind(Context context, ContextDraws draws, double sigma, ContextSample sample, int views, Func<ContextSample, double[]> view)
    {
        int m = draws.Count ?? sample.Rows, d = sample.Dimension;
        if ((long)m * d > Array.MaxLength || (long)views * sample.Rows * d > Array.MaxLength)
            throw new InputException($"{context}: {m} draws and {views} views of {sample.Rows} rows of {d} inputs do not fit into an array; take fewer draws or rows");
        double[] all = view(sample), atoms = new double[m * d];
        new Philox(draws.Seed, NoiseStream).Normals(0, atoms.AsSpan());
        var choice = new Philox(draws.Seed, ViewStream);
        for (int a = 0; a < m; a++)
        {
            int which = views == 1 ? 0 : (int)(choice.Uniform(a) * views);
            ReadOnlySpan<double> centre = all.AsSpan(((which * sample.Rows) + (a % sample.Rows)) * d, d);
            for (int f = 0; f < d; f++)
                atoms[(a * d) + f] = centre[f] + (sigma * atoms[(a * d) + f]);
        }
        return new PosteriorContext(0.5 / (sigma * sigma), view, sample, atoms) { Rows = sample.Rows, Atoms = m, Space = $"values drawn from {context}" };
    }

    private static double[] Scaled(double[] values, double factor) => factor == 1 ? values : Array.ConvertAll(values, v => factor * v);

    private static int[][] Maps(ViewsContext views, int height)
    {
        int width = views.Width, s = views.Shift;
        var maps = new List<int[]>();
        foreach (bool mirrored in (ReadOnlySpan<bool>)(views.Flip ? [false, true] : [false]))
        {
            for (int down = -s; down <= s; down++)
            {
                for (int right = -s; right <= s; right++)
                {
                    int[] map = new int[height * width];
                    for (int y = 0; y < height; y++)
                    {
                        for (int x = 0; x < width; x++)
                        {
                            (int fromY, int fromX) = (y - down, x - right);
                            bool inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
                            map[(y * width) + x] = inside ? (fromY * width) + (mirrored ? width - 1 - fromX : fromX) : -1;
                        }
                    }
                    maps.Add(map);
                }
            }
        }
        return [.. maps];
    }

    private static double[] Seen(ContextSample rows, int[][] maps)
    {
        int d = rows.Dimension;
        var seen = new double[maps.Length * rows.Rows * d];
        int at = 0;
        foreach (int[] map in maps)
        {
            for (int i = 0; i < rows.Rows; i++)
            {
                foreach (int from in map)
                    seen[at++] = from < 0 ? 0 : rows.Values[(i * d) + from];
            }
        }
        return seen;
    }
}
