relatoin member(a: actor).
frobnicate member(a: actor).
privat relation p(x).
