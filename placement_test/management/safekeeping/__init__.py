"""Backup and restore of one installation: its database, its files, and apart from them its keys.

They run without Django's settings, which would make new keys in an empty data folder.
"""
