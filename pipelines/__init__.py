"""Assembly: configuration, graph, runner, command line."""
