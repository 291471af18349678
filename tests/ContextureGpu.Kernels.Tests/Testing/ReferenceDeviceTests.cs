using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>The oracle refuses what the seam leaves undefined, so that solvers developed on it do not come to rely on it.</summary>
public sealed class ReferenceDeviceTests
{
    [Fact]
    public void FreshMatricesAreFullOfNan()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        using DeviceMatrix<float> matrix = device.Arithmetic<float>().Allocate(3, 2);
        var values = new float[6];
        device.Arithmetic<float>().Download(matrix, values);
        Assert.All(values, v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void OverlapsAreRefused()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using DeviceMatrix<double> wide = arithmetic.Allocate(3, 6);
        arithmetic.Fill(wide, 1);
        DeviceMatrix<double> left = wide.ColumnRange(0, 3), middle = wide.ColumnRange(2, 3), right = wide.ColumnRange(3, 3);
        Assert.Throws<ArgumentException>(() => arithmetic.Multiply(1, left, Orientation.Normal, right, Orientation.Normal, 0, left));
        Assert.Throws<ArgumentException>(() => arithmetic.Combine(1, left, 1, middle));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaleRows(wide.ColumnRange(0, 1), right, left));
        arithmetic.Multiply(1, left, Orientation.Normal, left, Orientation.Normal, 0, right);
        var values = new double[9];
        arithmetic.Download(right, values);
        Assert.All(values, v => Assert.Equal(3, v));
    }

    [Fact]
    public void WhatIsDisposedOrForeignIsRefused()
    {
        ComputeDevice device = ReferenceDevice.Open(), other = ReferenceDevice.Open();
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        DeviceMatrix<float> matrix = arithmetic.Allocate(2, 2), view = matrix.ColumnRange(0, 1);
        Assert.Throws<ArgumentException>(() => other.Arithmetic<float>().Fill(matrix, 1));
        matrix.Dispose();
        Assert.Throws<ObjectDisposedException>(() => arithmetic.Fill(matrix, 1));
        Assert.Throws<ObjectDisposedException>(() => arithmetic.Fill(view, 1));
        device.Dispose();
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => arithmetic.Allocate(1, 1));
        Assert.Throws<ObjectDisposedException>(device.Synchronize);
    }

    [Fact]
    public void MemoryIsLimited()
    {
        using ComputeDevice device = ReferenceDevice.Open(memoryBytes: 1000);
        using DeviceMatrix<double> half = device.Arithmetic<double>().Allocate(10, 10);
        InsufficientMemoryException refusal = Assert.Throws<InsufficientMemoryException>(() => device.Arithmetic<double>().Allocate(10, 10));
        Assert.Contains("800", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(800, device.Memory.LiveBytes);
    }

    /// <summary>Every public operation of the seam has a check named for it.</summary>
    [Fact]
    public void TheContractIsComplete()
    {
        string[] covered = [.. Contract<float>.Checks.Keys, "Upload", "Download", "Allocate", "CreateSparse"];
        string[] operations = [.. typeof(Arithmetic<float>).GetMethods().Where(m => m.DeclaringType == typeof(Arithmetic<float>) && !m.IsSpecialName).Select(m => m.Name)];
        Assert.NotEmpty(operations);
        Assert.Empty(operations.Except(covered));
    }
}
