-- Reading ten million pairs, and leaving out what comes twice.
import f(x: int, y: int) from "f.facts".
export f to "f.tsv".
