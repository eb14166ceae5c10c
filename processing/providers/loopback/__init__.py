"""Replicate, Firefly and Gemini on this machine: they speak as documented, and misbehave when they are told to."""
