"""What the director types about curriculum and rules, checked."""
