"$D" qurey "$KB" "age(A, Y)"
