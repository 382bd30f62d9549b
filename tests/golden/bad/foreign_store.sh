printf 'SQLite format 3' > foreign.store
"$D" query foreign.store "age(A, Y)"
