"""What a terminal shows, and how signals end a command."""
