x states y grade Z9.
x states y grade B7.
x states y grade b.
source s { title = "x", grade = 2 }.
