"""Tensors, charts and heat maps as HTML and SVG."""
