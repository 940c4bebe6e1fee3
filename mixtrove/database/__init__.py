"""What every database of ours shares: columns, opening, transactions, migrating, sentences when it fails.

Knows no table of anybody's. Nothing is imported here, so that a command pays only for what it uses.
"""
