head -c 9000 "$KB" > cut.store
"$D" query cut.store "age(A, Y)"
