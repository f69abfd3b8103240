"""What people and programs read: the same report as text, as Markdown, as JSON."""
