namespace ContextureGpu;

/// <summary>How several contexts could be mixed: all weak ones are concatenated, all strong ones convolved, weak and strong ones combined (Zhai, "Contextures", 2025, part 4).</summary>
/// <param name="Reports">The contexts, in the order given.</param>
/// <param name="Operation">What to do with them; none where one of them is moderate already.</param>
/// <param name="Proposed">The context that is proposed; with no mixing the moderate one with the smallest tau.</param>
/// <param name="Report">The judgement of the proposal: what the spectrum becomes.</param>
/// <param name="Candidates">Other weights of a convex combination that were tried, and their judgements.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record MixtureAdvice(
    IReadOnlyList<ContextReport> Reports, MixingOperation Operation, Context Proposed, ContextReport Report, IReadOnlyList<ContextReport> Candidates, string Reason);
