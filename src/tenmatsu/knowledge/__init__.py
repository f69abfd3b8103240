"""What a process name means: well-known programs of servers as data, and pure functions that look them up."""
