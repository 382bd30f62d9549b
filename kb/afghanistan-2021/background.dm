-- What the article takes for granted, from public documents of before it.
-- Leave this file out, or listen to `abc` only, and what rests on it goes.

source background_1 {
  title = "Agreement for Bringing Peace to Afghanistan between the Islamic Emirate of Afghanistan which is not recognized by the United States as a state and is known as the Taliban and the United States of America",
  publisher = "US Department of State", published = 2020-02-29, grade = A }.
source background_2 {
  title = "Joint Declaration between the Islamic Republic of Afghanistan and the United States of America for Bringing Peace to Afghanistan",
  publisher = "US Department of State", published = 2020-02-29, grade = A }.
source background_3 {
  title = "Resolution 2543 (2020) on the situation in Afghanistan, S/RES/2543",
  publisher = "UN Security Council", published = 2020-09-15, grade = A }.
source background_4 {
  title = "Resolute Support Mission (RSM): Key Facts and Figures, February 2021",
  publisher = "NATO", published = 2021-02, grade = A }.
source background_5 {
  title = "Press conference of the Secretary General after the meetings of NATO Defence Ministers, 18 February 2021",
  publisher = "NATO", published = 2021-02-18, grade = A }.

-- The two sides, and the patron.
in background_1 {
  actor us "The US" alias "The United States".
  actor taliban "The Taliban" alias "Islamic Emirate of Afghanistan".
  process talks "The Afghan talks".
  process war "The war in Afghanistan".
  forces foreign_forces "All foreign forces".
  forces us_forces "US forces".
  plural(taliban).
  plural(talks).
  plural(foreign_forces).
  plural(us_forces).

  -- The United States binds itself and its allies to leave within 14 months,
  -- and the Taliban to negotiate with other Afghans: talks need the Taliban.
  party(taliban, talks).
  consent_needed(taliban, talks).
  settles(talks, war).
  controls(us, us_forces).
  part_of(us_forces, foreign_forces).
  b1: us promises withdrawn(foreign_forces) if keeps_guarantees(taliban)
      by 2021-05-01 said 2020-02-29.
}

-- The government's side of the same bargain: it will take part in the talks.
in background_2 {
  actor afghan_government "The Afghan government"
    alias "Islamic Republic of Afghanistan".
  party(afghan_government, talks).
  consent_needed(afghan_government, talks).
}

-- It welcomes the start of negotiations between the Afghan sides in Doha three
-- days before.
in background_3 {
  process doha_talks "The talks in Doha".
  place doha "Doha".
  plural(doha_talks).
  part_of(doha_talks, talks).
}

-- Some 10,000 troops of 36 nations, the American ones among them.
in background_4 {
  actor nato "NATO".
  forces allied_forces "The other allied forces".
  plural(allied_forces).
  part_of(allied_forces, foreign_forces).
  controls(nato, allied_forces).
}

-- Two months before the article the alliance had not decided.
in background_5 {
  actor stoltenberg "Jens Stoltenberg, Secretary General of NATO".
  speaks_for(stoltenberg, nato).
  b2: stoltenberg for nato states
      awaits_decision(nato, withdrawn(allied_forces)) said 2021-02-18.
}
