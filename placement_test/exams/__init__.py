"""Papers, tracks, questions, keys, versions."""
