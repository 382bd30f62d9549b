"$D" why "$KB" "age(us, Y)" --known-by yesterday
