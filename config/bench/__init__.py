"""Benchmarks behind `manage.py bench`: figures and ratios, never tests."""
