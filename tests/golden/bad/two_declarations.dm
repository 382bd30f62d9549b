relation left(who: symbol).
relation left(who: symbol, when: date).
