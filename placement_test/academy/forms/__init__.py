"""What staff type about the academy, checked."""
