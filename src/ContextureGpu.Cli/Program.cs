using ContextureGpu.Cli;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
