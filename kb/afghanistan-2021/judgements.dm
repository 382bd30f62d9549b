-- Numbers and codings that no source gives: one analyst's, with the claims
-- they rest on. Disagree by withdrawing one and putting in your own.
--
-- Stances are on the issue's scale; salience is 0 (does not care) to 1 (cares
-- about little else); capabilities are rough shares of the weight each side
-- brings to this conflict in April 2021, all means together, most is 1.

position(taliban, power_sharing, 10, 0.6)
  judged by analyst_1 because c12_3, c13_2.
position(afghan_government, power_sharing, 5, 0.9)
  judged by analyst_1 because c14_5, c14_6.
position(us, power_sharing, 80, 0.5)
  judged by analyst_1 because c10, c10_4.

capability(taliban, 0.6) judged by analyst_1 because c13_2, c18_2.
capability(afghan_government, 0.5) judged by analyst_1 because c8, c17.
capability(us, 0.8) judged by analyst_1 because c8, c9, c22.

-- What a forecast of which content means for the question of war.
bears_on(war_widens, occurs(civil_war), widens, "for")
  judged by analyst_1 because c18, c20.
bears_on(war_widens, can_defend(afghan_forces), widens, against)
  judged by analyst_1 because c17.
