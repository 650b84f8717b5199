"""Request text for each teacher style. `make_style(profile)` picks the one that a teacher needs."""
