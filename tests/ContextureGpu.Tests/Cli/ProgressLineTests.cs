using ContextureGpu.Cli;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The line that says how far a fit is.</summary>
public sealed class ProgressLineTests
{
    private static readonly FitProgress Half = new(FitPhase.Solving, 1, 3, 0.5, TimeSpan.FromSeconds(2.5));

    [Fact]
    public void Nothing_is_said_before_two_seconds_and_nothing_stays()
    {
        var (terminal, clock) = (new StringWriter(), new Clock());
        using (var line = new ProgressLine(terminal, clock))
        {
            line.Report(Half);
            clock.Seconds = 1.99;
            line.Report(Half);
            Assert.Equal("", terminal.ToString());
            clock.Seconds = 2;
            line.Report(Half);
            Assert.Equal("\rsolving part 2 of 3 [==========          ] 50 %, about 3 s of it left", terminal.ToString());
            // Five times a second at most.
            clock.Seconds = 2.1;
            line.Report(Half);
            Assert.Single(terminal.ToString(), c => c == '\r');
            clock.Seconds = 2.3;
            line.Subject = "context 1 of 2";
            line.Report(new FitProgress(FitPhase.Probing, 0, 1, 0, null));
            Assert.Contains("\rcontext 1 of 2: probing ", terminal.ToString(), StringComparison.Ordinal);
        }
        // What was longer is overwritten, and the line is empty at the end.
        string[] written = terminal.ToString().Split('\r');
        Assert.Equal(written[1].Length, written[2].Length);
        Assert.Equal(("", true), (written[^1], written[^2].Length > 0 && written[^2].Trim().Length == 0));
    }

    [Fact]
    public void A_fit_that_is_quick_leaves_the_terminal_alone()
    {
        var terminal = new StringWriter();
        using (var line = new ProgressLine(terminal, new Clock()))
            line.Report(Half);
        Assert.Equal("", terminal.ToString());
    }

    [Theory]
    [InlineData(0.001, "[                    ] 0 %")]
    [InlineData(0.999, "[=================== ] 99 %")]
    [InlineData(1, "[====================] 100 %")]
    public void The_bar_is_full_at_the_end_only(double fraction, string bar) =>
        Assert.EndsWith(bar, ProgressLine.Text(new FitProgress(FitPhase.Judging, 0, 1, fraction, null)), StringComparison.Ordinal);

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => (long)(Seconds * TimeSpan.TicksPerSecond);
    }
}
