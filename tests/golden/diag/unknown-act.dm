taliban refusses talks.
c3 para 3: spokesman for taliban claims victory.
c4: spokesman for taliban via twitter.
r1 beets r2.
