actor Taliban "The Taliban".
relation Member(x).
source Abc { title = "x" }.
in Abc { }
