"$D" query nowhere.dm "p(X)"
