"""Printable forms of the regulation: one description of a sheet, drawn as a page and as PDF."""
