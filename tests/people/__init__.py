"""A host project whose users have no user name: they are known by email address."""
