-- The longest way through a plan without cycles: max through recursion.
relation takes(task: symbol, days: int).
relation before(a: symbol, b: symbol).
takes(dig, 3). takes(pour, 2). takes(order, 9). takes(frame, 5). takes(roof, 4).
before(dig, pour). before(pour, frame). before(order, frame).
before(frame, roof). before(order, roof).
relation starts(task: symbol, day: int).
relation ends(day: int).
starts(T, max(0)) if takes(T, _).
starts(B, max(S + D)) if before(A, B) and starts(A, S) and takes(A, D).
ends(max(S + D)) if starts(T, S) and takes(T, D).
export starts to "starts.tsv".
export ends to "ends.tsv".
