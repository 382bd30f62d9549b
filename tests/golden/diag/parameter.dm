member($who, b).
holds(X) if member(X, $group).
