relation if(x: int).
or(a, b).
member(not, b).
actor and "And".
source not { title = "x" }.
