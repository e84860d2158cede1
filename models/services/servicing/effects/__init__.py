"""What each kind of service case has of its own beside the engine: its form, its rows."""
