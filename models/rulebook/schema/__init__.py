"""Shape of a rulebook: one module per section, one TOML file per section."""
