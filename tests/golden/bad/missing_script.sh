"$D" run nowhere.lua
