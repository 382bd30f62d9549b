"$D" query "$KB"
