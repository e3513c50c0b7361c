"""Dates where the language's own are not as people here write them."""
