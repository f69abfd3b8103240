"""One file per verb. To add one: a new file, and its line in `main.COMMANDS`."""
