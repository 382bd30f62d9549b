-- A game: who can't move loses (Van Gelder, Ross, Schlipf, JACM 1991).
import move(x: int, y: int) from "move.facts".
relation win(x: int).
win(X) if move(X, Y) and not win(Y).
