"""A student's way through a test: register, begin, save, submit."""
