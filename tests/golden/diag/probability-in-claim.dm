c1: mohib forecasts 0.7 :: civil_war.
likely :: mohib forecasts civil_war.
mohib forecasts likely :: civil_war if 70% :: deal.
