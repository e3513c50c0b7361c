"""Programs, levels, rule sets."""
