-- The grammar of the language, in EBNF with field labels (see peg.lua).
-- engine/doc/language.md shows the same rules without the labels; a test keeps
-- the two equal.

return [[
chunk = { block | statement } ;
block = block_head { statement } "}" [ "." ] ;
block_head = "in" source:name "{" ;
statement = relation | constructor | never | import | export | source
  | question | fact | rule | claim | entity | beats ;

relation = { modifier } kind:kind name:name [ "(" columns:columns ")" ]
  [ "key" "(" key:names ")" ] [ doc:text ] "." ;
modifier = "asserted" | "private" ;
kind = "relation" | "state" | "event" ;
columns = [ column { "," column } ] ;
column = name:name [ ":" type:name ] ;
names = name { "," name } ;
constructor = "term" name:name [ "(" columns:columns ")" ] [ doc:text ] "." ;
never = "never" body:formula "." ;
import = "import" name:name [ "(" columns:columns ")" ]
  "from" file:text [ options:options ] "." ;
export = "export" name:name "to" file:text [ options:options ] "." ;
options = "{" [ option { "," option } [ "," ] ] "}" ;
option = name:name [ "=" ( value:constant | "(" list:names ")" ) ] ;
constant = date_value | number | string | symbol ;

source = "source" id:name "{" [ field { "," field } [ "," ] ] "}" "." ;
field = name:grade_field "=" value:grade_code | name:name "=" value:constant ;
grade_field = "grade" ;
entity = type:name name:naming label:text { entity_note } "." ;
entity_note = "alias" aliases:namings | "scale" scale:scale
  | "in" source:name ;
scale = lo:number [ lo_label:text ] ".." hi:number [ hi_label:text ] ;
question = "question" id:name text:text { question_note } "." ;
question_note = "process" process:naming | "by" by:date_value
  | "resolves" resolves:text | "options" options:namings | "in" source:name ;

claim = [ claim_head ] speaker:speaker { attribution } act:act
  content:argument { claim_note } "." ;
claim_head = ( "para" para:natural | id:name [ "para" para:natural ] )
  label_mark ;
speaker = word:reporter | word:anonymous [ label:text ] | name:naming ;
reporter = "reporter" ;
anonymous = "anonymous" ;
attribution = "for" body:naming | "via" channel:naming | "from" from:naming ;
act = "states" | "denies" | "assesses" | "forecasts" | "plans" | "promises"
  | "threatens" | "demands" | "offers" | "accepts" | "refuses" | "warns"
  | "infers" ;
claim_note = attribution | "on" on:date_value | "by" by:date_value
  | "during" during:span | "said" said:date_value | "hedge" hedge:naming
  | "grade" grade:grade_code | "after" after:claim_refs | "in" source:name
  | "if" if:condition | "only" "if" only_if:condition
  | "until" until:condition ;
claim_refs = claim_ref { "," claim_ref } ;

fact = [ prob:probability "::" ] atom:application { fact_note } "." ;
fact_note = "on" on:date_value | "during" during:span
  | "judged" "by" judged_by:naming | "because" because:claim_refs
  | "in" source:name | "made" made:date_value | "basis" basis:text ;

rule = [ label:label ] [ mode:mode ] [ prob:probability "::" ]
  head:application { alternative } [ body:rule_body ] { rule_note } "." ;
label = name label_mark ;
mode = "usually" | "blocks" ;
alternative = ";" prob:probability "::" head:application ;
rule_body = ( "if" | ":-" ) formula ;
rule_note = "basis" basis:text | "judged" "by" judged_by:naming
  | "because" because:claim_refs ;
beats = winner:ranked "beats" loser:ranked [ body:rule_body ] "." ;
ranked = name | variable ;
probability = lo:chance [ ".." hi:chance ] | word:chance_word ;
chance = percent | number ;
chance_word = "almost_no_chance" | "very_unlikely" | "unlikely"
  | "roughly_even" | "likely" | "very_likely" | "almost_certain" ;

formula = conjunction { ( "or" | ";" ) conjunction } ;
conjunction = literal { ( "and" | "," ) literal } ;
literal = { not } timed ;
not = "not" ;
timed = comparison [ "during" range ] ;
condition = condition_part { ( "or" | ";" ) condition_part } ;
condition_part = plain_literal { ( "and" | "," ) plain_literal } ;
plain_literal = { not } comparison ;
argument = argument_part { ( "or" | ";" ) argument_part } ;
argument_part = plain_literal { "and" plain_literal } ;

comparison = range [ comparator range ] ;
comparator = "=" | "!=" | "<=" | "<" | ">=" | ">" ;
range = sum [ ".." sum ] ;
sum = product { additive product } ;
additive = "+" | "-" ;
product = unary { multiplicative unary } ;
multiplicative = "*" | "/" | "div" | "mod" ;
unary = primary | minus { minus } primary ;
minus = "-" ;
primary = application | variable | date_value | number | string | parameter
  | "(" formula ")" ;
application = [ sign:negative ] name:name
  [ "(" args:arguments ")" | braces:braces ] ;
arguments = [ argument { "," argument } ] ;
braces = "{" ( [ named:named ] "}"
  | unnamed first:formula [ ":" second:formula ] "}" ) ;
named = column_value { "," column_value } ;
column_value = name:name "=" value:argument ;

naming = name | text ;
namings = naming { "," naming } ;
number = float | integer ;
date_value = date | edtf ;
span = from:date_value [ ".." to:date_value ] ;

goal = formula [ "." ] ;
change = [ change_sign ] ( "claim" claim:claim_ref "." | statement:statement ) ;
]]
