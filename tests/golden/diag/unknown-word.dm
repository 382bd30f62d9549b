state position(a: actor) kee (a).
x states y untill z.
import edge(x: int) form "e.facts".
question q "Will it?" resolve "y".
member(a, b) judged for me.
