"""Tests of the commands and of what runs them."""
