"""The pages of this room: a site's prices, and the account of a course."""
