"""The equations: arrays in, arrays out; no state, no networks, no hidden discount."""
