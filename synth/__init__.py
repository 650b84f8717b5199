"""Synth: does intermediate training on synthetic multilingual data beat English-only training?

The package generates, filters, publishes, trains on and evaluates translated intermediate-task data. Import cost is
kept near zero here: each stage is imported by the verb that needs it.
"""

__version__ = "0.1.0"
