"""Runs one whole copy of Greenlane: engine, worker and API as three supervised children (decisions.md 20)."""
