printf 'us\t245\nuk\tthree\n' > age.tsv
"$D" load "$KB" age.tsv
