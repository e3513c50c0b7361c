"""Staff pages of results: they translate, services decide."""
