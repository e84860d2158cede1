"""Commands of `greenlane`, one module per subject; each offers `register(app)` and is found by `api.cli`."""
