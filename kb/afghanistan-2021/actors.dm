-- Who appears in the article, and who speaks for whom. The two sides, the
-- United States, NATO and the forces are in background.dm: they were there
-- before the article.

in abc {
  -- The American side.
  actor biden "President Biden" alias "Joe Biden".
  actor blinken "Secretary Blinken" alias "Antony Blinken".
  actor khalilzad "Envoy Khalilzad" alias "Zalmay Khalilzad".
  actor pentagon_ig "The Pentagon's inspector general".
  actor dia "The US Defense Intelligence Agency".
  speaks_for(biden, us).
  speaks_for(blinken, us).
  speaks_for(khalilzad, us).
  member(pentagon_ig, us).
  member(dia, us).

  -- The Afghan sides.
  actor taliban_spokesman "The Taliban's spokesperson".
  actor ghani "President Ghani" alias "Ashraf Ghani".
  actor omer "Waheed Omer" alias "President Ghani's spokesperson".
  actor mohib "Hamdullah Mohib" alias "Afghan national security adviser".
  actor afghan_officials "Afghan officials".
  actor civil_society "Afghan civil society leaders".
  forces afghan_forces "The Afghan forces" alias "ANDSF".
  speaks_for(taliban_spokesman, taliban).
  speaks_for(ghani, afghan_government).
  speaks_for(omer, ghani).
  speaks_for(omer, afghan_government).
  speaks_for(mohib, afghan_government).
  member(afghan_officials, afghan_government).
  controls(afghan_government, afghan_forces).

  -- The host.
  actor turkey "Turkey".
  actor turkey_mfa "The Turkish foreign ministry".
  speaks_for(turkey_mfa, turkey).

  -- Experts.
  actor kugelman "Michael Kugelman".
  actor wilson_center "The Wilson Center".
  actor study_group "The Afghanistan Study Group".
  actor usip "The US Institute of Peace".
  member(kugelman, wilson_center).

  -- Meetings, towns, texts, issues, means.
  process istanbul "The Istanbul conference".
  process istanbul_first_date "The Istanbul meetings of the week of 12 April".
  process us_diplomacy "The US diplomatic effort".
  part_of(istanbul, talks).
  part_of(istanbul_first_date, talks).
  place kabul "Kabul".
  place istanbul_city "Istanbul".
  forces us_air_power "American air power".
  part_of(us_air_power, us_forces).
  proposal blinken_plan "Secretary Blinken's plan".
  issue power_sharing "An interim power-sharing government"
    scale 0 "none" .. 100 "full".
  issue elections "Elections later on".
  issue rights "Protection of women's and minorities' rights".
  issue islamic_council "An Islamic judicial council that reviews laws".
  measure diplomacy "Diplomatic measures".
  measure humanitarian_aid "Humanitarian measures".
  measure economic_aid "Economic measures".
  development civil_war "A wider civil war".
  development gains "What has been gained since 2001".

  -- How the names are spoken of.
  plural(afghan_officials).
  plural(civil_society).
  plural(afghan_forces).
  plural(istanbul_first_date).
  plural(elections).
  plural(diplomacy).
  plural(humanitarian_aid).
  plural(economic_aid).
}
