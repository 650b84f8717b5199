"""Test sets and English training sets of the target tasks: local files in original or XTREME's layout, or the Hub."""
