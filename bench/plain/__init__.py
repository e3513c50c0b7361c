"""A reference server of the usual design: Django as its tutorial has it, an ORM call an answer.

It keeps the advice of Django's documentation (kept connections, indexes by foreign keys and unique
constraints, WAL on SQLite, a transaction a request) and promises far less than the product: no log,
no order between devices, no late answers, no digest.
"""
