state chair(who: symbol, issue: symbol, stance: float) key (who, topic).
