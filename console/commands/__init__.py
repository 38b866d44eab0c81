"""One module for each group of commands; they parse, call one function, and print."""
