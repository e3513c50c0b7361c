"""The proof kit: what was promised, what happened, and one checker that compares them."""
