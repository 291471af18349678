Console.Error.WriteLine("contexture: no command is available yet; CHANGELOG.md lists what the library has.");
return 1;
