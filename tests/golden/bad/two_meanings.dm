relation left(who: symbol).
term left(who: symbol).
