"""Tests of Synth; a package so that stand-ins can be run with `python -m`."""
