"""Tests of `synth.teacher`, and the stand-in teacher that other tests reuse."""
