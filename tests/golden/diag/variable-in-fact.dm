member(A, b).
position(taliban, _, 10, 0.9) judged by me.
c1: mohib states member(Who, b).
mohib warns war until deal(P).
Taliban(x).
