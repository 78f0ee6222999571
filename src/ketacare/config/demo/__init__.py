"""A clinic of made-up people at work. Nothing here is part of a real service; everything is made by the rooms' own actions."""
