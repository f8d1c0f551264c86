"""Whether parts answer as their protocols ask: shapes and types, checked before training."""
