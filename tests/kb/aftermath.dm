-- What became known later. A view whose `known_by` is 2021-04-13 hides all of
-- it; ask for a later day to see it.

source aftermath_1 {
  title = "Taliban sweep into Afghan capital after government collapses",
  publisher = "Associated Press", published = 2021-08-15, grade = A }.
source aftermath_2 {
  title = "Pentagon Press Secretary John F. Kirby and General Kenneth F. McKenzie Jr. Hold a Press Briefing",
  publisher = "US Department of Defense", published = 2021-08-30, grade = A }.

in aftermath_1 {
  falls_to(kabul, taliban) on 2021-08-15.
}
in aftermath_2 {
  withdrawn(us_forces) on 2021-08-30.
}
