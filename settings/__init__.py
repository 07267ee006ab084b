"""How a file of settings is read: strictly, and every mistake is told with its line."""
