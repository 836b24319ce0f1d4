"""Draws: named uniforms, one month after the other, counts; arrays only."""
