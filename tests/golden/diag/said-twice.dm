x states y by 2021-01-01 by 2021-01-02.
member(a, b) in s in t.
private private relation p(x).
source s { title = "a", title = "b" }.
in abc { x states y in def. }
