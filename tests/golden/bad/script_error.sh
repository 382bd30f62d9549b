echo 'local x = nil; print(x.y)' > s.lua
"$D" run s.lua
