"$D" query "$KB" "agge(A, Y)"
