cat > more.dm <<END
seat(us, talks, 90) in abc.
END
"$D" load "$KB" more.dm
