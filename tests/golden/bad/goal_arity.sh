"$D" why "$KB" "age(us)"
