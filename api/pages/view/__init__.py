"""View models: what a page says, ready to print. Routes build them, templates only lay them out."""
