printf 'us\t245\nuk\t300\t1\n' > age.tsv
"$D" load "$KB" age.tsv
