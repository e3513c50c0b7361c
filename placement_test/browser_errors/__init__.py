"""Errors in browsers: taken in, grouped, read by staff."""
