printf 'us\t245\n' > agge.tsv
"$D" load "$KB" agge.tsv
