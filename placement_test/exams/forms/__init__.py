"""Forms of exam making."""
