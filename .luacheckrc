std = "lua54"
max_line_length = 100
unused_args = false
