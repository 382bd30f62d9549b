-- Entailment of RDF Schema (W3C, RDF 1.1 Semantics 2014, section 9): rules
-- rdfs2, 3, 5, 7, 9 and 11.
import triple(s: symbol, p: symbol, o: symbol) from "triple.facts".
relation t(s: symbol, p: symbol, o: symbol).
t(S, P, O) if triple(S, P, O).
t(A, "rdfs:subClassOf", C) if t(A, "rdfs:subClassOf", B)
  and t(B, "rdfs:subClassOf", C).
t(A, "rdfs:subPropertyOf", C) if t(A, "rdfs:subPropertyOf", B)
  and t(B, "rdfs:subPropertyOf", C).
t(X, "rdf:type", B) if t(X, "rdf:type", A) and t(A, "rdfs:subClassOf", B).
t(X, Q, Y) if t(X, P, Y) and t(P, "rdfs:subPropertyOf", Q).
t(X, "rdf:type", C) if t(X, P, _) and t(P, "rdfs:domain", C).
t(Y, "rdf:type", C) if t(_, P, Y) and t(P, "rdfs:range", C).
