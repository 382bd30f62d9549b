member(a, b) # c.
member(é, b).
member([a], b).
@member(a).
share(70 %).
	member(a, „b“).
