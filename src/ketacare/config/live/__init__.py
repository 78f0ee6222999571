"""What runs beside Django in the one listener: the live stream, the readings door, the clock."""
