"""Pages of the curriculum and of the placement rules."""
