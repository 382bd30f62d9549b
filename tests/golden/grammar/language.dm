-- The examples of the language's definition, word for word.

relation member(actor: actor, group: actor)       -- timeless
  "Who belongs to what.".
state position(actor: actor, issue: issue, stance: float, salience: float)
  key (actor, issue)                              -- holds over time
  "Where an actor stands on an issue, on its scale, and how much it cares.".
event withdrawn(forces: forces)                   -- happens on a date
  "Forces have left.".
asserted relation part_of(part: symbol, whole: symbol).
private relation tmp(x: int).
term bargain_with(means).                         -- a constructor
actor taliban "The Taliban" alias "Islamic Emirate of Afghanistan".
issue power_sharing "Interim power-sharing government" scale 0 "none" .. 100 "full".
never accepts(A, P) and refuses(A, P).            -- a constraint
import edge(x: int, y: int) from "edge.facts".    -- tab-separated; csv, jsonl, columns
export path to "path.tsv".                        -- as options in braces

source abc { title = "...", publisher = "ABC News", published = 2021-04-13, grade = B }.
in abc {
  c3  para 3:  taliban_spokesman for taliban via twitter
               refuses talks until withdrawn(foreign_forces) after c4.
  c4  para 4:  turkey_mfa states accepts(taliban, istanbul).
  c6  para 6:  reporter states plans(us, withdrawn(us_forces)) by 2021-09-11.
  c9  para 9:  anonymous "senior official" for us refuses bargain_with(us_forces).
  c13 para 13: pentagon_ig from dia assesses aims(taliban, stall) hedge likely.
  c18 para 18: mohib for afghan_government forecasts civil_war
               if withdrawn(us_forces) and not deal(istanbul).
}
position(taliban, power_sharing, 10, 0.9) judged by analyst_1 because c3, c13.
part_of(us_forces, foreign_forces) in background_1.
withdrawn(us_forces) on 2021-08-30 in background_2.

holds_out(A, P) if refuses(A, P) and can_block(A, P)
                and gains_by_waiting(A, P) and not pays_for_delay(A, P).
pressure_on(B, I, sum(W)) if pressure(A, B, I, W) and A != B.
reach(A, B, min(D + 1)) if reach(A, C, D) and link(C, B).
open_deadline(P, D) if deadline(P, D) and today(T) and T < D.
fair(I) if position{issue = I, stance = S} and S > 50.      -- named columns
likely :: outcome(P, stalls) if holds_out(A, P) and veto(A, P)
  basis "7 of 9 coded cases".
r1: usually joins(A, P) if party(A, P).
r2: blocks joins(A, P) if condition(A, P, C) and not satisfied(C).
r2 beats r1.

question opens "Will the Istanbul conference open by 24 April?"
  process istanbul  by 2021-04-24  resolves "both delegations seated"
  options opens, stalls  in abc.
