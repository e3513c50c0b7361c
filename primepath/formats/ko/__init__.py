"""Korean dates."""
