in abc c1: x states y.
source abc title = "A".
in abc
