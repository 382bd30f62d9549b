"$D" dump "$KB" "$KB"
