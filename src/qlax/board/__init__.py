"""A local page of all runs in a folder: what they are, how they learn, and how they play.

It reads the folders of runs and writes nothing. What needs JAX, an agent at play or its values, is
a process of its own, so that the page is ready at once.
"""
