relation size(who: aktor, feet: int).
