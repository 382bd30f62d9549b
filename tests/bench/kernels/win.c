/* win.c - a game in which who can't move loses: from the lost positions
 * backwards.  What is never settled is a draw. */
#include "kernel.h"

enum { OPEN, WON, LOST };

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("win FOLDER");
    table move = read_table(argv[1], "move", 2);
    uint32_t n = nodes_of(&move), *left = take(n * sizeof *left);
    uint32_t *queue = take(n * sizeof *queue), settled = 0, won = 0;
    graph before = graph_of(&move, 1, 0, n, 0);
    char *state = take(n);
    for (size_t i = 0; i < move.rows; i++)
        left[move.at[2 * i]]++;
    for (uint32_t x = 0; x < n; x++)
        if (left[x] == 0) {
            state[x] = LOST;
            queue[settled++] = x;
        }
    for (uint32_t done = 0; done < settled; done++) {
        uint32_t y = queue[done];
        for (size_t i = before.from[y]; i < before.from[y + 1]; i++) {
            uint32_t x = before.to[i];
            if (state[x] != OPEN || (state[y] == WON && --left[x] > 0))
                continue;
            state[x] = state[y] == LOST ? WON : LOST;
            won += state[x] == WON;
            queue[settled++] = x;
        }
    }
    printf("win\t%u\t%u disputed\n", won, n - settled);
    return 0;
}
