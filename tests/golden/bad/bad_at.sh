"$D" query "$KB" "age(A, Y)" --at 2021-02-30
