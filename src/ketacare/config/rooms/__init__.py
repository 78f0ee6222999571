"""Simulated rooms: made-up patients with monitors that send what they show, for load and fault runs."""
