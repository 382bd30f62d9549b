printf 'us\t245\nukk\t300\n' > age.tsv
"$D" load "$KB" age.tsv
