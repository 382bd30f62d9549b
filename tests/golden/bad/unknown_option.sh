"$D" query "$KB" "age(A, Y)" --jsn
