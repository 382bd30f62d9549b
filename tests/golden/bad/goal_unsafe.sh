"$D" query "$KB" "not age(A, Y)"
