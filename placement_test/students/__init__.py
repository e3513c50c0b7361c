"""Students: finding, showing, merging and splitting people."""
