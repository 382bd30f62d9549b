"$D" eval nowhere.dm
