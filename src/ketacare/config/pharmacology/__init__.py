"""What `ketacare simulate` and `ketacare pkpd` do; apart from their arguments, so that --help needs no numerical library."""
