% The cases for SWI-Prolog, by tabling: swipl swipl.pl -- PROGRAM FACTS, the
% facts as clauses in one file. Prints the counts that all print.

:- initialization(main, main).
:- dynamic edge/2, edge/3, source/1, a/2, b/2, move/2.

main([Program, Facts]) :-
    set_prolog_flag(table_space, 12_000_000_000),
    set_prolog_flag(stack_limit, 8_000_000_000),
    style_check(-discontiguous),
    load_files(user:Facts, [silent(true)]),
    forall(result(Program, Line),
           ( atomic_list_concat(Line, '\t', Text), writeln(Text) )).

:- table path/2.
path(X, Y) :- edge(X, Y).
path(X, Y) :- path(X, Z), edge(Z, Y).

:- table sg/2.
sg(X, Y) :- edge(P, X), edge(P, Y), X \== Y.
sg(X, Y) :- sg(A, B), edge(A, X), edge(B, Y).

:- table reach/1.
reach(X) :- source(X).
reach(Y) :- reach(X), edge(X, Y).

:- table dist(_, min).
dist(X, 0) :- source(X).
dist(Y, D) :- dist(X, D0), edge(X, Y, W), D is D0 + W.

:- table win/1.
win(X) :- move(X, Y), tnot(win(Y)).

answers(Goal, N) :- aggregate_all(count, Goal, N).

result(tc, [path, N]) :- answers(path(_, _), N).
result(sg, [sg, N]) :- answers(sg(_, _), N).
result(reach, [reach, N]) :- answers(reach(_), N).
result(sssp, [total, N, S]) :-
    answers(dist(_, _), N),
    aggregate_all(sum(D), dist(_, D), S).
result(neg, [d, N]) :-
    aggregate_all(count, (a(X, Y), \+ b(X, Y)), N).
result(neg, [noout, N]) :-
    findall(Y, (a(_, Y), \+ a(Y, _)), List),
    sort(List, Set),
    length(Set, N).
result(triangles, [triangles, N]) :-
    answers((edge(X, Y), edge(Y, Z), edge(X, Z)), N).
result(cliques4, [cliques, N]) :-
    answers((edge(X, Y), edge(Y, Z), edge(X, Z),
             edge(X, W), edge(Y, W), edge(Z, W)), N).
result(win, [win, True, Text]) :-
    findall(X, move(X, _), List),
    sort(List, Nodes),
    aggregate_all(count, (member(X, Nodes), call_delays(win(X), true)), True),
    aggregate_all(count, (member(X, Nodes), win(X)), All),
    Disputed is All - True,
    atomic_list_concat([Disputed, ' disputed'], Text).
