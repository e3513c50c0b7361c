"""The curriculum and its placement rules."""
