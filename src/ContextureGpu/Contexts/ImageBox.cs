namespace ContextureGpu;

/// <summary>Boxes of an image, the inputs of which are its pixels row by row.</summary>
internal static class ImageBox
{
    /// <summary>For each place of a box that lies wholly inside, row by row, whether each pixel is in it.</summary>
    /// <param name="context">For messages.</param>
    /// <param name="sample">The images.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="size">Height and width of the box for an image of some height.</param>
    /// <exception cref="InputException">The inputs are no image of this width, or the box is larger than the image.</exception>
    public static bool[][] All(Context context, ContextSample sample, int width, Func<int, (int Height, int Width)> size)
    {
        if (sample.Dimension % width != 0 || sample.Dimension == 0)
            throw new InputException($"{context}: a row has {sample.Dimension} inputs, which is no multiple of the width {width}; inputs are the image row by row");
        if (sample.ColumnStarts.Length - 1 != sample.Dimension)
            throw new InputException($"{context}: a column has several inputs; every pixel must be a column of its own");
        int height = sample.Dimension / width;
        (int high, int wide) = size(height);
        if (high > height || wide > width)
            throw new InputException($"{context}: a box of {high} x {wide} pixels does not fit into an image of {height} x {width}");
        var boxes = new List<bool[]>();
        for (int top = 0; top + high <= height; top++)
        {
            for (int left = 0; left + wide <= width; left++)
            {
                bool[] box = new bool[sample.Dimension];
                for (int y = top; y < top + high; y++)
                    Array.Fill(box, true, (y * width) + left, wide);
                boxes.Add(box);
            }
        }
        return [.. boxes];
    }
}
