-- One news article, claim by claim. Paragraphs are counted from 1; the
-- headline is paragraph 0. A claim cN is the main one of paragraph N; further
-- claims of it are cN_2, cN_3 and so on. What is said here is what the article
-- says, not what was so.

source abc {
  title = "Biden's US forces exit could doom Afghan peace talks between Taliban, government",
  publisher = "ABC News", published = 2021-04-13, grade = B,
  paragraphs = 22 }.

in abc {

-- Headline, and the state of diplomacy.
c0   para 0:  reporter infers fails(talks) if withdrawn(us_forces)
              hedge could.
c1   para 1:  us promises full_weight(us, diplomacy).
c2   para 2:  reporter infers stalled(us_diplomacy) hedge at_best.
c2_2 para 2:  reporter infers fails(us_diplomacy) hedge at_worst.

-- The Taliban refuse; Turkey, earlier the same day, had both sides agreed.
c3   para 3:  taliban_spokesman for taliban via twitter
              refuses talks until withdrawn(foreign_forces)
              said 2021-04-13 after c4.
c4   para 4:  turkey_mfa for turkey states accepts(taliban, istanbul)
              said 2021-04-13.
c4_2 para 4:  turkey_mfa for turkey states accepts(afghan_government, istanbul)
              said 2021-04-13.
c4_3 para 4:  turkey_mfa for turkey states lasts(istanbul, 10)
              said 2021-04-13.
c4_4 para 4:  turkey_mfa for turkey states complements(istanbul, doha_talks)
              said 2021-04-13.
c4_5 para 4:  reporter states scheduled(istanbul, 2021-04-24).
c4_6 para 4:  reporter infers delayed(istanbul) hedge at_the_very_least.
c4_7 para 4:  reporter states backs(us, istanbul).
c4_8 para 4:  reporter states hosts(istanbul_city, istanbul).

-- The talks so far.
c5   para 5:  reporter states under_way(doha_talks) on 2020-09.
c5_2 para 5:  reporter states agenda_set(doha_talks).
c5_3 para 5:  reporter states -headway(doha_talks) hedge little.
c5_4 para 5:  reporter states hosts(doha, doha_talks).

-- The exit, and what it does to the table.
c6   para 6:  reporter states plans(us, withdrawn(us_forces)) by 2021-09-11.
c6_2 para 6:  reporter forecasts shifts_balance(talks)
              if withdrawn(us_forces).
c7   para 7:  kugelman assesses outwaits(taliban, us)
              if plans(us, withdrawn(us_forces)).
c7_2 para 7:  kugelman assesses gamble(us, plans(us, withdrawn(us_forces))).
c7_3 para 7:  kugelman assesses
              knows(taliban, plans(us, withdrawn(us_forces))).
c7_4 para 7:  kugelman forecasts fights(taliban) if withdrawn(us_forces)
              hedge can.

-- The lever: what the forces do, and that they are not for trading.
c8   para 8:  reporter states sustains(us_forces, afghan_forces).
c8_2 para 8:  reporter states sustains(us_air_power, afghan_forces).
c8_3 para 8:  us refuses secure_outcome_with(us_forces).
c9   para 9:  anonymous "senior administration official" for us
              refuses bargain_with(us_forces) said 2021-04-13.

-- The American plan for a settlement.
c10   para 10: blinken for us offers blinken_plan said 2021-03.
c10_2 para 10: reporter states addressed_to(blinken_plan, afghan_government).
c10_3 para 10: reporter states addressed_to(blinken_plan, taliban).
c10_4 para 10: reporter states calls_for(blinken_plan, power_sharing).
c10_5 para 10: reporter states calls_for(blinken_plan, elections).
c10_6 para 10: reporter states calls_for(blinken_plan, rights).
c10_7 para 10: reporter states calls_for(blinken_plan, islamic_council).
c10_8 para 10: reporter infers hurries(us, talks).

-- The meeting that was to take it up, moved once already.
c11   para 11: reporter states takes_up(istanbul, blinken_plan).
c11_2 para 11: reporter states tables_own_ideas(taliban, istanbul).
c11_3 para 11: reporter states tables_own_ideas(afghan_government, istanbul).
c11_4 para 11: reporter states moved(istanbul, 2021-04-16, 2021-04-24).
c11_5 para 11: taliban refuses istanbul_first_date.
c11_6 para 11: reporter states
               follows(moved(istanbul, 2021-04-16, 2021-04-24),
                       refuses(taliban, istanbul_first_date)).

-- What others read into it.
c12   para 12: afghan_officials for afghan_government
               assesses delays(taliban, istanbul).
c12_2 para 12: afghan_officials for afghan_government
               assesses seeks(taliban, withdrawn(foreign_forces)).
c12_3 para 12: afghan_officials for afghan_government
               assesses seeks(taliban, returns_by_force(taliban))
               hedge most_likely.
c13   para 13: pentagon_ig from dia assesses aims(taliban, stall)
               until withdrawn(foreign_forces) said 2021-02.
c13_2 para 13: pentagon_ig from dia
               assesses seeks(taliban, military_victory(taliban,
                                                        afghan_government))
               said 2021-02.

-- Getting the government ready, and leaning on it.
c14   para 14: reporter states met(khalilzad, afghan_officials, kabul)
               on 2021-04-12.
c14_2 para 14: reporter states met(khalilzad, civil_society, kabul)
               on 2021-04-12.
c14_3 para 14: reporter states
               prepares(khalilzad, afghan_government, istanbul).
c14_4 para 14: reporter infers presses(us, afghan_government, power_sharing)
               hedge likely.
c14_5 para 14: ghani for afghan_government refuses power_sharing.
c14_6 para 14: ghani states elected(ghani).
c14_7 para 14: ghani denies elected(taliban).

-- Kabul waits for a call.
c15   para 15: reporter states spoke(ghani, blinken) on 2021-04-13.
c15_2 para 15: omer for ghani refuses comment_on(withdrawn(us_forces))
               until called(biden, ghani).
c15_3 para 15: omer for ghani forecasts called(biden, ghani)
               hedge in_the_near_future.

-- It takes two, and Kabul says that it will fight.
c16   para 16: reporter states needed_for_deal(taliban, talks).
c16_2 para 16: reporter states needed_for_deal(afghan_government, talks).
c16_3 para 16: afghan_government states ready_to_fight(afghan_government).
c17   para 17: omer for afghan_government via twitter
               states can_defend(afghan_forces).
c17_2 para 17: omer for afghan_government via twitter
               states defends(afghan_forces).
c17_3 para 17: omer for afghan_government via twitter
               accepts decision_on(us, us_forces).

-- Forecasts of war.
c18   para 18: mohib for afghan_government warns occurs(civil_war)
               if withdrawn(us_forces) and not deal(talks) hedge fears.
c18_2 para 18: anonymous "those who are concerned"
               warns overrun(afghan_forces) hedge concerns.
c19   para 19: reporter states
               shares_view(study_group, afghan_government, occurs(civil_war)).
c19_2 para 19: reporter states convened(usip, study_group).
c20   para 20: study_group forecasts occurs(civil_war)
               if precipitous(withdrawn(us_forces))
               hedge likely said 2021-03.
c20_2 para 20: study_group forecasts worsens(war)
               if precipitous(withdrawn(us_forces))
               hedge likely said 2021-03.

-- What the United States will and will not do then.
c21   para 21: reporter infers -aids(us, afghan_forces)
               if occurs(civil_war) hedge seems.
c21_2 para 21: anonymous "senior administration official" for us
               promises protects(us, gains) said 2021-04-13.
c21_3 para 21: anonymous "senior administration official" for us
               refuses stays(us_forces) said 2021-04-13.
c22   para 22: anonymous "senior administration official" for us
               promises continues(us, diplomacy) said 2021-04-13.
c22_2 para 22: anonymous "senior administration official" for us
               promises continues(us, humanitarian_aid) said 2021-04-13.
c22_3 para 22: anonymous "senior administration official" for us
               promises continues(us, economic_aid) said 2021-04-13.
c22_4 para 22: reporter infers -deters(us, taliban) hedge not_likely.
c22_5 para 22: reporter forecasts resists(afghan_forces, taliban)
               hedge sure.
}
