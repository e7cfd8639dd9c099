"""The benchmarks by name. Each module has ``comparisons(scale)``.

``scale`` multiplies the sizes: 1.0 for runs of 5 to 15 s, less for a quick look.
"""
