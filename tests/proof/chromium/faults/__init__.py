"""What is done to browsers while a test is sat, by name."""
