"""Benchmarks behind `make bench`: ratios measured inside one interleaved run, never absolute times in a test."""
