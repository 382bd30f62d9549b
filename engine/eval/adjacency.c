/* adjacency.c - sets of values by key, each kept as suits it.
 *
 * Representation.  A row of 16 bytes a key.  Up to two values stand in it,
 * more in a block of its own: a list, while short; then a hash set at most
 * half full or a window of bits, whichever is smaller (a row that needs no
 * membership stays a list instead of a hash set).  The choice is made again
 * whenever a block is full.  Blocks come in sizes of four to an octave from
 * one arena; given back, they wait for the next of their size.
 *
 * Invariants.  A hash set has a power of two of slots; lists hold no value
 * twice.  A window's first and last word may be empty.
 *
 * Cost.  Bits: 1 to 16 bytes a value; hash: 8 to 16; list: 4 to 5. */
#include "eval/adjacency.h"

#include <assert.h>
#include <string.h>

enum {
    FEW_TO_SORT = 64, /* by insertion */
    NCLASSES = 160
};
#define CLASS_MASK UINT32_C(0x0FFFFFFF)

/* ---- blocks ------------------------------------------------------------- */

/* Sizes are (4 + c % 4) << c / 4 units of 8 bytes. */
static size_t class_bytes(uint32_t class)
{
    return (size_t)(4 + class % 4) << (class / 4) << 3;
}

static uint32_t class_of(size_t bytes)
{
    size_t units = (bytes + 7) / 8, octave = 0;
    if (units < 4)
        return 0;
    octave = (size_t)(63 - __builtin_clzll(units)) - 2;
    size_t quarter = (units + ((size_t)1 << octave) - 1) >> octave;
    if (quarter == 8) {
        octave++;
        quarter = 4;
    }
    return (uint32_t)(4 * octave + quarter - 4);
}

static bool make_spare(adjacency_share *s)
{
    if (!s->spare)
        s->spare = arena_zalloc(&s->memory, NCLASSES * sizeof *s->spare);
    return s->spare != NULL;
}

static void *take_block(adjacency_share *s, uint32_t class)
{
    assert(class < NCLASSES);
    if (!make_spare(s))
        return NULL;
    void **left = s->spare[class]; /* a block given back names the next */
    if (left) {
        s->spare[class] = *left;
        return left;
    }
    void *block = arena_alloc(&s->memory, class_bytes(class));
    s->bytes += block ? class_bytes(class) : 0;
    return block;
}

/* A block may have come from another share: all are freed together. */
static void give_block(adjacency_share *s, void *block, uint32_t class)
{
    void **left = block;
    *left = s->spare[class];
    s->spare[class] = left;
}

static uint32_t row_class(const adjacency_row *r)
{
    return r->meta & CLASS_MASK;
}

static uint32_t meta_of(adjacency_kind kind, uint32_t class)
{
    return (uint32_t)kind << 28 | class;
}

/* Values or slots that a row's block has room for. */
static size_t capacity(const adjacency_row *r)
{
    size_t n = class_bytes(row_class(r)) / sizeof(uint32_t);
    if (adjacency_kind_of(r) == ADJACENCY_HASH)
        return (size_t)1 << (63 - __builtin_clzll(n));
    return n;
}

size_t adjacency_slots(const adjacency_row *r)
{
    assert(adjacency_kind_of(r) == ADJACENCY_HASH);
    return capacity(r);
}

/* ---- the whole ---------------------------------------------------------- */

void adjacency_init(adjacency *a, bool members)
{
    *a = (adjacency){.members = members};
}

void adjacency_free(adjacency *a)
{
    arena_free(&a->own.memory);
    for (unsigned i = 0; i < a->nothers; i++)
        arena_free(&a->others[i].memory);
    mem_free(a->others);
    mem_free(a->rows);
    adjacency_init(a, a->members);
}

dm_status adjacency_shares(adjacency *a, unsigned n)
{
    if (n <= a->nothers + 1)
        return DM_OK;
    adjacency_share *others = mem_realloc(a->others, (n - 1) * sizeof *others);
    if (!others)
        return DM_NOMEM;
    memset(others + a->nothers, 0, (n - 1 - a->nothers) * sizeof *others);
    a->others = others;
    a->nothers = n - 1;
    return DM_OK;
}

/* Take over what has been added through a share. */
static void count_share(adjacency *a, adjacency_share *s)
{
    a->bytes += s->bytes;
    a->used += s->used;
    a->most = s->most > a->most ? s->most : a->most;
    a->sorted = a->sorted && !s->unsorted;
    s->bytes = s->used = 0;
    s->unsorted = false;
}

void adjacency_count_shares(adjacency *a)
{
    count_share(a, &a->own);
    for (unsigned i = 0; i < a->nothers; i++)
        count_share(a, &a->others[i]);
}

dm_status adjacency_room(adjacency *a, size_t nkeys)
{
    if (nkeys <= a->nkeys)
        return DM_OK;
    size_t n = a->nkeys + a->nkeys / 2 + 64;
    n = n < nkeys ? nkeys : n;
    bool sparse = n / 8 > a->used && n / 8 > a->expected;
    adjacency_row *rows = (sparse ? mem_calloc_sparse
                                  : mem_calloc)(n, sizeof *rows);
    if (!rows)
        return DM_NOMEM;
    if (a->nkeys)
        memcpy(rows, a->rows, a->nkeys * sizeof *rows);
    mem_free(a->rows);
    a->bytes += (n - a->nkeys) * sizeof *rows;
    a->rows = rows;
    a->nkeys = n;
    return DM_OK;
}

/* ---- one row's values --------------------------------------------------- */

static size_t slot_of(uint32_t value, size_t nslots)
{
    uint64_t h = value * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h >> 32) & (nslots - 1);
}

static void hash_put(uint32_t *slots, size_t nslots, uint32_t value)
{
    size_t at = slot_of(value, nslots);
    while (slots[at] != ADJACENCY_FREE)
        at = (at + 1) & (nslots - 1);
    slots[at] = value;
}

static bool hash_has(const uint32_t *slots, size_t nslots, uint32_t value)
{
    size_t at = slot_of(value, nslots);
    for (; slots[at] != ADJACENCY_FREE; at = (at + 1) & (nslots - 1))
        if (slots[at] == value)
            return true;
    return false;
}

static void set_bit(uint64_t *words, size_t first, uint32_t value)
{
    words[1 + value / 64 - first] |= UINT64_C(1) << value % 64;
}

static bool has_bit(const adjacency_row *r, uint32_t value)
{
    size_t first, n, word = value / 64;
    const uint64_t *words = adjacency_words(r, &first, &n);
    return word - first < n && (words[word - first] >> value % 64 & 1);
}

/* Whether an ascending list has the value. */
static bool in_sorted(const uint32_t *list, size_t n, uint32_t value)
{
    while (n > 1) {
        size_t half = n / 2;
        list += list[half] <= value ? half : 0;
        n -= half;
    }
    return n && *list == value;
}

static bool in_list(const uint32_t *list, size_t n, uint32_t value)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

bool adjacency_has(const adjacency *a, dm_cell key, dm_cell cell)
{
    if (key >= a->nkeys || cell > a->most)
        return false;
    const adjacency_row *r = &a->rows[key];
    uint32_t value = (uint32_t)cell;
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        return in_list(r->near, r->n, value);
    case ADJACENCY_LIST:
        return a->sorted && r->n > ADJACENCY_SCAN
                   ? in_sorted(r->list, r->n, value)
                   : in_list(r->list, r->n, value);
    case ADJACENCY_HASH:
        return hash_has(r->list, capacity(r), value);
    case ADJACENCY_BITS:
        return has_bit(r, value);
    }
    return false;
}

static void list_bits(const adjacency_row *r, uint32_t *out)
{
    size_t first, n;
    const uint64_t *words = adjacency_words(r, &first, &n);
    for (size_t w = 0; w < n; w++)
        for (uint64_t left = words[w]; left; left &= left - 1)
            *out++ = (uint32_t)((first + w) * 64)
                     + (uint32_t)__builtin_ctzll(left);
}

static void list_slots(const adjacency_row *r, uint32_t *out)
{
    size_t nslots = capacity(r);
    for (size_t i = 0; i < nslots; i++)
        if (r->list[i] != ADJACENCY_FREE)
            *out++ = r->list[i];
}

static void list_row(const adjacency_row *r, uint32_t *out)
{
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        memcpy(out, r->near, r->n * sizeof *out);
        break;
    case ADJACENCY_LIST:
        memcpy(out, r->list, r->n * sizeof *out);
        break;
    case ADJACENCY_HASH:
        list_slots(r, out);
        break;
    case ADJACENCY_BITS:
        list_bits(r, out);
        break;
    }
}

void adjacency_values(const adjacency *a, dm_cell key, uint32_t *out)
{
    if (key < a->nkeys)
        list_row(&a->rows[key], out);
}

/* ---- from one kind to another ------------------------------------------- */

/* The words that `n` values and the row's own lie in. */
static void find_span(const adjacency_row *r, const uint32_t *values,
                      size_t n, size_t *first, size_t *last)
{
    for (size_t i = 0; i < n; i++) {
        size_t word = values[i] / 64;
        *first = word < *first ? word : *first;
        *last = word > *last ? word : *last;
    }
    if (adjacency_kind_of(r) == ADJACENCY_BITS) {
        size_t from, words;
        adjacency_words(r, &from, &words);
        *first = from < *first ? from : *first;
        *last = from + words - 1 > *last ? from + words - 1 : *last;
    }
}

static void drop_block(adjacency_share *s, adjacency_row *r)
{
    if (adjacency_kind_of(r) != ADJACENCY_NEAR)
        give_block(s, r->list, row_class(r));
}

/* Widen, or make, the window [first, last] and put the row's values there. */
static dm_status make_bits(adjacency_share *s, adjacency_row *r,
                           const uint32_t *own, size_t first, size_t last)
{
    size_t nwords = last - first + 1;
    uint32_t class = class_of((nwords + 1) * sizeof(uint64_t));
    uint64_t *words = take_block(s, class);
    if (!words)
        return DM_NOMEM;
    nwords = class_bytes(class) / sizeof *words - 1; /* all there is room for */
    memset(words + 1, 0, nwords * sizeof *words);
    words[0] = (uint64_t)nwords << 32 | first;
    if (adjacency_kind_of(r) == ADJACENCY_BITS) {
        size_t from, n;
        const uint64_t *old = adjacency_words(r, &from, &n);
        for (size_t w = 0; w < n; w++)
            if (old[w])
                words[1 + from + w - first] = old[w];
    } else {
        for (size_t i = 0; i < r->n; i++)
            set_bit(words, first, own[i]);
    }
    drop_block(s, r);
    r->words = words;
    r->meta = meta_of(ADJACENCY_BITS, class);
    return DM_OK;
}

static dm_status make_hash(adjacency_share *s, adjacency_row *r,
                           const uint32_t *own, size_t room)
{
    size_t nslots = 32;
    while (nslots < 2 * room)
        nslots *= 2;
    uint32_t class = class_of(nslots * sizeof(uint32_t));
    uint32_t *slots = take_block(s, class);
    if (!slots)
        return DM_NOMEM;
    memset(slots, 0xFF, nslots * sizeof *slots);
    for (size_t i = 0; i < r->n; i++)
        hash_put(slots, nslots, own[i]);
    drop_block(s, r);
    r->list = slots;
    r->meta = meta_of(ADJACENCY_HASH, class);
    return DM_OK;
}

static dm_status make_list(adjacency_share *s, adjacency_row *r,
                           const uint32_t *own, size_t room)
{
    uint32_t class = class_of(room * sizeof(uint32_t));
    uint32_t *list = take_block(s, class);
    if (!list)
        return DM_NOMEM;
    memcpy(list, own, r->n * sizeof *list);
    drop_block(s, r);
    r->list = list;
    r->meta = meta_of(ADJACENCY_LIST, class);
    return DM_OK;
}

/* Bytes that keeping n values otherwise would take. */
static size_t other_bytes(const adjacency *a, size_t n)
{
    if (a->dense)
        return SIZE_MAX / 2;
    return n <= ADJACENCY_SCAN ? 4 * n : a->members ? 16 * n : 5 * n;
}

/* Make room for n more values, in the kind that then suits the row. */
static dm_status remake(const adjacency *a, adjacency_share *s,
                        adjacency_row *r, const uint32_t *values, size_t n)
{
    size_t total = r->n + n, first = SIZE_MAX, last = 0;
    uint32_t few[64], *own = few;
    bool bits = adjacency_kind_of(r) == ADJACENCY_BITS;
    if (r->n > 64 && !(own = mem_alloc(r->n * sizeof *own)))
        return DM_NOMEM;
    if (!bits || r->n <= 64)
        list_row(r, own);
    find_span(r, values, n, &first, &last);
    if (!bits)
        find_span(&(adjacency_row){0}, own, r->n, &first, &last);
    size_t need = (last - first + 2) * sizeof(uint64_t);
    dm_status st;
    if (need <= other_bytes(a, total)) {
        st = make_bits(s, r, own, first, last);
    } else {
        if (bits && r->n > 64)
            list_row(r, own);
        st = total > ADJACENCY_SCAN && a->members
                 ? make_hash(s, r, own, total + total / 4)
                 : make_list(s, r, own, total > 8 ? total + total / 4
                                                  : 2 * total);
    }
    if (own != few)
        mem_free(own);
    return st;
}

/* Whether the row can take n more values as it is. */
static bool has_room(const adjacency *a, const adjacency_row *r,
                     const uint32_t *values, size_t n)
{
    size_t first, nwords;
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        return r->n + n <= 2;
    case ADJACENCY_LIST:
        return r->n + n <= capacity(r)
               && (!a->members || r->n + n <= ADJACENCY_SCAN);
    case ADJACENCY_HASH:
        return 2 * (r->n + n) <= capacity(r);
    case ADJACENCY_BITS:
        adjacency_words(r, &first, &nwords);
        for (size_t i = 0; i < n; i++)
            if (values[i] / 64 - first >= nwords)
                return false;
        return true;
    }
    return false;
}

static void put_values(adjacency_row *r, const uint32_t *values, size_t n)
{
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        memcpy(r->near + r->n, values, n * sizeof *values);
        break;
    case ADJACENCY_LIST:
        memcpy(r->list + r->n, values, n * sizeof *values);
        break;
    case ADJACENCY_HASH:
        for (size_t i = 0, nslots = capacity(r); i < n; i++)
            hash_put(r->list, nslots, values[i]);
        break;
    case ADJACENCY_BITS:
        for (size_t i = 0, first = (uint32_t)r->words[0]; i < n; i++)
            set_bit(r->words, first, values[i]);
        break;
    }
    r->n += (uint32_t)n;
}

static bool is_ascending(const uint32_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (values[i - 1] > values[i])
            return false;
    return true;
}

/* The row's own values, where they stand one after the other. */
static uint32_t *own_list(adjacency_row *r)
{
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR: return r->near;
    case ADJACENCY_LIST: return r->list;
    case ADJACENCY_HASH:
    case ADJACENCY_BITS: break;
    }
    return NULL;
}

static bool stays_sorted(adjacency_row *r, const uint32_t *values, size_t n)
{
    const uint32_t *own = own_list(r);
    return !own || (is_ascending(values, n)
                    && (r->n == 0 || own[r->n - 1] < values[0]));
}

dm_status adjacency_add_in(adjacency *a, adjacency_share *s, uint32_t key,
                           const uint32_t *values, size_t n)
{
    adjacency_row *r = &a->rows[key];
    assert(key < a->nkeys);
    if (n == 0)
        return DM_OK;
    if (!has_room(a, r, values, n) && remake(a, s, r, values, n) != DM_OK)
        return DM_NOMEM;
    s->used += r->n == 0;
    for (size_t i = 0; i < n; i++)
        s->most = values[i] > s->most ? values[i] : s->most;
    assert(s->most <= ADJACENCY_MOST);
    s->unsorted = s->unsorted || !a->sorted || !stays_sorted(r, values, n);
    put_values(r, values, n);
    return DM_OK;
}

dm_status adjacency_add(adjacency *a, uint32_t key, const uint32_t *values,
                        size_t n)
{
    dm_status st = adjacency_room(a, (size_t)key + 1);
    if (st == DM_OK)
        st = adjacency_add_in(a, &a->own, key, values, n);
    count_share(a, &a->own);
    return st;
}

dm_status adjacency_expect_in(adjacency *a, adjacency_share *s, uint32_t key,
                              size_t n)
{
    adjacency_row *r = &a->rows[key];
    uint32_t few[2];
    assert(key < a->nkeys);
    if (adjacency_kind_of(r) != ADJACENCY_NEAR || r->n + n <= 2
        || (a->members && r->n + n > ADJACENCY_SCAN))
        return DM_OK;
    list_row(r, few);
    return make_list(s, r, few, r->n + n);
}

dm_status adjacency_settle_in(adjacency *a, adjacency_share *s, uint32_t key)
{
    adjacency_row *r = &a->rows[key];
    size_t first = SIZE_MAX, last = 0;
    if (adjacency_kind_of(r) != ADJACENCY_LIST)
        return DM_OK;
    find_span(&(adjacency_row){0}, r->list, r->n, &first, &last);
    if ((last - first + 2) * sizeof(uint64_t) > other_bytes(a, r->n))
        return DM_OK;
    return make_bits(s, r, r->list, first, last);
}

/* ---- sorting ------------------------------------------------------------ */

static void sort_few(uint32_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* A radix sort by bytes, those that all values share left out. */
static void sort_many(uint32_t *values, size_t n, uint32_t *spare)
{
    uint32_t *from = values, *to = spare;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t at[257] = {0};
        for (size_t i = 0; i < n; i++)
            at[(from[i] >> shift & 255) + 1]++;
        if (at[(from[0] >> shift & 255) + 1] == n)
            continue;
        for (size_t byte = 1; byte < 256; byte++)
            at[byte] += at[byte - 1];
        for (size_t i = 0; i < n; i++)
            to[at[from[i] >> shift & 255]++] = from[i];
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
}

static size_t longest_list(adjacency *a)
{
    size_t most = 0;
    for (size_t k = 0; k < a->nkeys; k++)
        if (a->rows[k].n > most && own_list(&a->rows[k]))
            most = a->rows[k].n;
    return most;
}

dm_status adjacency_sort(adjacency *a)
{
    if (a->sorted)
        return DM_OK;
    uint32_t *spare = mem_alloc((longest_list(a) + 1) * sizeof *spare);
    if (!spare)
        return DM_NOMEM;
    for (size_t k = 0; k < a->nkeys; k++) {
        adjacency_row *r = &a->rows[k];
        uint32_t *own = own_list(r);
        if (!own || is_ascending(own, r->n))
            continue;
        if (r->n <= FEW_TO_SORT)
            sort_few(own, r->n);
        else
            sort_many(own, r->n, spare);
    }
    mem_free(spare);
    a->sorted = true;
    return DM_OK;
}

/* ---- taking away -------------------------------------------------------- */

/* Free a slot and let those behind it that may move up (Knuth 6.4, R). */
static void hash_remove(uint32_t *slots, size_t nslots, uint32_t value)
{
    size_t at = slot_of(value, nslots);
    while (slots[at] != value)
        at = (at + 1) & (nslots - 1);
    for (size_t next = at;;) {
        slots[at] = ADJACENCY_FREE;
        for (;;) {
            next = (next + 1) & (nslots - 1);
            if (slots[next] == ADJACENCY_FREE)
                return;
            size_t home = slot_of(slots[next], nslots);
            if (((next - home) & (nslots - 1)) >= ((next - at) & (nslots - 1)))
                break;
        }
        slots[at] = slots[next];
        at = next;
    }
}

static void list_remove(uint32_t *list, size_t n, uint32_t value)
{
    size_t at = 0;
    while (list[at] != value)
        at++;
    memmove(list + at, list + at + 1, (n - at - 1) * sizeof *list);
}

void adjacency_remove(adjacency *a, uint32_t key, uint32_t value)
{
    assert(adjacency_has(a, key, value));
    adjacency_row *r = &a->rows[key];
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        list_remove(r->near, r->n, value);
        break;
    case ADJACENCY_LIST:
        list_remove(r->list, r->n, value);
        break;
    case ADJACENCY_HASH:
        hash_remove(r->list, capacity(r), value);
        break;
    case ADJACENCY_BITS:
        r->words[1 + value / 64 - (uint32_t)r->words[0]] &=
            ~(UINT64_C(1) << value % 64);
        break;
    }
    r->n--;
    a->used -= r->n == 0;
}
