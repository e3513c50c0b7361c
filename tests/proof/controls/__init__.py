"""The product with one guard taken away: each is a promise broken that the checker must catch.

A control is a middleware that the server loads by ``PRIMEPATH_TEST_MIDDLEWARE`` (read in test runs
only), so that the product itself carries no switch.
"""
