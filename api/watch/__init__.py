"""What a running copy tells those who watch it: metrics for Prometheus, traces for an OTLP collector."""
