printf 'us,245\n"uk,300\n' > age.csv
"$D" load "$KB" age.csv
