import edge from "edge.facts".
