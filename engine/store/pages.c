/* pages.c - is the file's tree of pages whole?
 *
 * Purpose: LMDB trusts its pages.  A damaged one makes it read outside its map
 * or stop the process by an assertion.  So every page that LMDB may follow is
 * looked at here first, by reading the file ourselves.
 * Representation: LMDB 0.9 on a 64-bit machine, host byte order.  Page: number
 * u64, pad u16, flags u16, lower u16, upper u16 (overflow: count u32), then
 * u16 offsets of nodes.  Node: u16 lo, hi, flags, key size, key, data.  Meta
 * pages 0 and 1, written in turn: magic, version, address, map size, two
 * trees (free list, main), last page, transaction.  The main tree holds the
 * named databases' trees.
 * Invariants: nothing is read outside the mapped file; a page is visited
 * once; depth is bounded.  What passes has its keys in order and within its
 * parents' bounds, its counts right, and no page in use twice or free.
 * Cost: a pass over branch and leaf pages and one look per large value. */
#include "store/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(size_t) == 8, "LMDB's layout on 64-bit machines");

enum {
    PAGE_HEAD = 16,
    NODE_HEAD = 8,
    META_SIZE = 136,
    TREE_SIZE = 48,
    /* flags of pages */
    P_BRANCH = 1, P_LEAF = 2, P_OVERFLOW = 4, P_META = 8,
    /* flags of nodes */
    N_BIG = 1, N_TREE = 2,
    /* flags of trees */
    T_INTEGER = 8,
    DEPTH_MAX = 32,
    SMALLEST_PAGE = 512, LARGEST_PAGE = 32768,
    TRIES = 20 /* reading a meta page that somebody writes */
};

static const uint32_t META_MAGIC = 0xBEEFC0DE;
static const uint64_t NO_PAGE = UINT64_MAX;
static const uint64_t MAP_LIMIT = UINT64_C(1) << 47;

typedef struct tree {
    uint32_t pad; /* of the free list: page size */
    uint16_t flags, depth;
    uint64_t branches, leaves, overflows, entries, root;
} tree;
_Static_assert(sizeof(tree) == TREE_SIZE, "as LMDB's MDB_db");

typedef struct meta {
    uint32_t magic, version;
    uint64_t address, map_size;
    tree free, main;
    uint64_t last, txn;
} meta;
_Static_assert(sizeof(meta) == META_SIZE, "as LMDB's MDB_meta");

/* ---- meta pages ----------------------------------------------------- */

static uint16_t get16(const uint8_t *at)
{
    uint16_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static bool page_size_sane(uint32_t size)
{
    return size >= SMALLEST_PAGE && size <= LARGEST_PAGE
           && (size & (size - 1)) == 0;
}

/* What is wrong with a meta page by itself, or NULL. */
static const char *meta_fault(const meta *m, const uint8_t *page)
{
    if (!(get16(page + 10) & P_META))
        return "a meta page is not marked as one";
    if (m->magic != META_MAGIC || m->version != 1)
        return "a meta page has a wrong magic number";
    if (!page_size_sane(m->free.pad))
        return "a meta page has a wrong page size";
    if (m->map_size > MAP_LIMIT || m->last < 1
        || m->last >= MAP_LIMIT / m->free.pad)
        return "a meta page has a wrong size";
    if ((m->free.flags & ~MDB_NOSUBDIR) != T_INTEGER || m->main.flags != 0)
        return "a meta page has wrong flags";
    return NULL;
}

static bool read_at(int fd, void *out, size_t size, uint64_t at)
{
    ssize_t n;
    do
        n = pread(fd, out, size, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)size;
}

static bool meta_read(int fd, uint64_t at, uint8_t page[PAGE_HEAD], meta *out)
{
    uint8_t bytes[PAGE_HEAD + META_SIZE];
    if (!read_at(fd, bytes, sizeof bytes, at))
        return false;
    memcpy(page, bytes, PAGE_HEAD);
    memcpy(out, bytes + PAGE_HEAD, sizeof *out);
    return true;
}

/* Read both meta pages; NULL, or what is wrong.  `*foreign`: neither is
 * LMDB's. */
static const char *metas_read(int fd, meta out[2], bool *foreign)
{
    uint8_t page[2][PAGE_HEAD];
    memset(out, 0, 2 * sizeof *out);
    *foreign = true;
    if (!meta_read(fd, 0, page[0], &out[0]))
        return "it is too short";
    uint32_t size = out[0].free.pad;
    bool second = meta_read(fd, page_size_sane(size) ? size : 4096, page[1],
                            &out[1]);
    *foreign = out[0].magic != META_MAGIC && out[1].magic != META_MAGIC;
    if (!second)
        return "it is too short";
    for (int i = 0; i < 2; i++) {
        const char *fault = meta_fault(&out[i], page[i]);
        if (fault)
            return fault;
        if (get64(page[i]) != (uint64_t)i)
            return "a meta page has a wrong number";
        if (out[i].txn > 0 && (out[i].txn & 1) != (uint64_t)i)
            return "a meta page has a wrong transaction";
    }
    if (out[0].free.pad != out[1].free.pad)
        return "the meta pages differ in their page size";
    if (out[0].txn > out[1].txn ? out[0].txn - out[1].txn > 1
                                : out[1].txn - out[0].txn > 1)
        return "the meta pages are not of neighbouring transactions";
    return NULL;
}

/* The same, giving a writer time to finish. */
static const char *metas_settled(int fd, meta out[2], bool *foreign)
{
    const char *fault = metas_read(fd, out, foreign);
    for (int i = 0; i < TRIES && fault && !*foreign; i++) {
        usleep(1000);
        fault = metas_read(fd, out, foreign);
    }
    return fault;
}

dm_status pages_check_file(int fd, const char *path, dm_error *err)
{
    meta metas[2];
    struct stat about;
    bool foreign = false;
    if (fstat(fd, &about))
        return error_errno(err, errno, "read", path);
    if (!S_ISREG(about.st_mode))
        return error_set(err, DM_FORMAT, "%s is no file", path);
    const char *fault = metas_settled(fd, metas, &foreign);
    if (fault && foreign)
        return error_set(err, DM_FORMAT, "%s is not a Dragoman store", path);
    if (fault)
        return error_set(err, DM_CORRUPT, "%s is damaged: %s", path, fault);
    return DM_OK;
}

/* ---- the walk ------------------------------------------------------- */

typedef struct bytes {
    const uint8_t *at;
    size_t size;
} bytes;

typedef struct walk {
    const uint8_t *file;
    uint64_t pages;     /* whole ones in the file */
    uint64_t last;      /* page in use, as the meta page says */
    uint32_t page_size;
    uint8_t *seen;      /* by page: in use or free */
    uint64_t beyond;    /* free pages behind the file's end */
    const char *where;  /* the database being walked */
    char name[32];
    store_on_finding *finding;
    void *context;
    size_t faults;
    char first[200];
    bool is_free_list;
} walk;

/* A fault: told, or kept when nobody listens.  Always false. */
__attribute__((format(printf, 2, 3)))
static bool fault(walk *w, const char *format, ...)
{
    char text[160], line[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(line, sizeof line, "database %s: %s", w->where, text);
    if (w->faults++ == 0)
        memcpy(w->first, line, sizeof line);
    if (w->finding)
        w->finding(w->context, line);
    return false;
}

/* Claim a page for the caller's use; false when it can't be. */
static bool claim(walk *w, uint64_t page)
{
    if (page < 2 || page > w->last)
        return fault(w, "there is no page %llu", (unsigned long long)page);
    if (page >= w->pages)
        return fault(w, "the file was cut off before page %llu",
                     (unsigned long long)page);
    if (w->seen[page])
        return fault(w, "page %llu is used twice", (unsigned long long)page);
    w->seen[page] = 1;
    return true;
}

typedef struct node {
    bytes key;
    uint32_t flags;
    uint64_t size;       /* of the value */
    const uint8_t *data; /* what follows the key */
    uint64_t child;      /* of a branch */
    size_t whole;        /* bytes it takes on its page */
} node;

/* Take a node apart; false when it isn't within its page. */
static bool node_at(const walk *w, const uint8_t *page, size_t index,
                    bool leaf, node *out)
{
    size_t upper = get16(page + 14);
    size_t at = get16(page + PAGE_HEAD + 2 * index);
    if (at < upper || at % 2 || at + NODE_HEAD > w->page_size)
        return false;
    const uint8_t *n = page + at;
    uint64_t low = get32(n);
    out->flags = leaf ? get16(n + 4) : 0;
    out->key = (bytes){n + NODE_HEAD, get16(n + 6)};
    out->child = low | (uint64_t)get16(n + 4) << 32;
    out->size = low;
    out->data = out->key.at + out->key.size;
    uint64_t held = !leaf ? 0 : out->flags & N_BIG ? 8 : out->size;
    out->whole = (size_t)((NODE_HEAD + out->key.size + held + 1)
                          & ~UINT64_C(1));
    return at + NODE_HEAD + out->key.size + held <= w->page_size;
}

static int compare(bytes a, bytes b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int order = n ? memcmp(a.at, b.at, n) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* The free list's keys are numbers in host order. */
static int key_order(const walk *w, bytes a, bytes b)
{
    if (!w->is_free_list)
        return compare(a, b);
    if (a.size != 8 || b.size != 8)
        return 1;
    uint64_t x = get64(a.at), y = get64(b.at);
    return (x > y) - (x < y);
}

/* From `low` (may be NULL: no bound) to before `high`. */
typedef struct bounds {
    bytes low, high;
} bounds;

static bool key_sane(const walk *w, bytes key, const bytes *before, bounds in)
{
    if (key.size == 0 || key.size > KEY_MAX)
        return false;
    if (w->is_free_list && key.size != 8)
        return false;
    return (!before || key_order(w, *before, key) < 0)
           && (!in.low.at || key_order(w, in.low, key) <= 0)
           && (!in.high.at || key_order(w, key, in.high) < 0);
}

/* The number of nodes of a page whose frame is in order, else 0. */
static size_t page_nodes(walk *w, uint64_t number, const uint8_t *page,
                         bool leaf)
{
    size_t lower = get16(page + 12), upper = get16(page + 14);
    uint16_t flags = get16(page + 10);
    size_t least = leaf || w->is_free_list ? 1 : 2;
    if (get64(page) != number || flags != (leaf ? P_LEAF : P_BRANCH)
        || lower < PAGE_HEAD + 2 * least || lower % 2 || lower > upper
        || upper > w->page_size) {
        fault(w, "page %llu is malformed", (unsigned long long)number);
        return 0;
    }
    return (lower - PAGE_HEAD) / 2;
}

/* Are a page's nodes whole, in order, within bounds, and packed? */
static bool nodes_sane(walk *w, uint64_t number, const uint8_t *page,
                       size_t count, bool leaf, bounds in)
{
    bytes before = {NULL, 0};
    size_t room = w->page_size - get16(page + 14), taken = 0;
    for (size_t i = 0; i < count; i++) {
        node n;
        if (!node_at(w, page, i, leaf, &n))
            return fault(w, "page %llu: node %zu is malformed",
                         (unsigned long long)number, i);
        taken += n.whole;
        if (!leaf && i == 0)
            continue; /* the first key of a branch says nothing */
        if (!key_sane(w, n.key, before.at ? &before : NULL, in))
            return fault(w, "page %llu: key %zu is out of order",
                         (unsigned long long)number, i);
        before = n.key;
    }
    if (taken != room)
        return fault(w, "page %llu: its nodes overlap or leave gaps",
                     (unsigned long long)number);
    return true;
}

static const uint8_t *page_at(const walk *w, uint64_t number)
{
    assert(number < w->pages);
    return w->file + number * w->page_size;
}

static bool overflow_sane(walk *w, const node *n, tree *sum)
{
    uint64_t first = get64(n->data);
    if (!claim(w, first))
        return false;
    const uint8_t *page = page_at(w, first);
    uint64_t count = get32(page + 12);
    uint64_t need = (PAGE_HEAD - 1 + n->size) / w->page_size + 1;
    if (get64(page) != first || get16(page + 10) != P_OVERFLOW
        || count < need || count > w->pages)
        return fault(w, "page %llu, of a large value, is malformed",
                     (unsigned long long)first);
    for (uint64_t i = 1; i < count; i++)
        if (!claim(w, first + i))
            return false;
    sum->overflows += count;
    return true;
}

/* A value of the free list: how many pages, then they, descending. */
static bool free_pages(walk *w, bytes list)
{
    uint64_t before = UINT64_MAX;
    if (list.size < 8 || list.size % 8
        || get64(list.at) > list.size / 8 - 1)
        return fault(w, "a list of free pages is malformed");
    uint64_t count = get64(list.at);
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t page = get64(list.at + 8 * i);
        if (page < 2 || page > w->last || page >= before)
            return fault(w, "a list of free pages is malformed");
        before = page;
        if (page >= w->pages)
            w->beyond++;
        else if (w->seen[page])
            return fault(w, "free page %llu is in use or free twice",
                         (unsigned long long)page);
        else
            w->seen[page] = 1;
    }
    return true;
}

static bytes value_of(const walk *w, const node *n)
{
    if (n->flags & N_BIG)
        return (bytes){page_at(w, get64(n->data)) + PAGE_HEAD,
                       (size_t)n->size};
    return (bytes){n->data, (size_t)n->size};
}

static bool leaf_node(walk *w, const node *n, tree *sum)
{
    bool is_main = !w->is_free_list && w->where == w->name;
    uint32_t want = is_main ? N_TREE : 0;
    sum->entries++;
    if ((n->flags & ~(uint32_t)N_BIG) != want
        || (is_main && (n->flags & N_BIG || n->size != TREE_SIZE)))
        return fault(w, "a value is of a wrong kind");
    return n->flags & N_BIG ? overflow_sane(w, n, sum) : true;
}

static bool walk_page(walk *w, uint64_t number, unsigned depth, bounds in,
                      tree *sum)
{
    bool leaf = depth <= 1, good = true;
    if (!claim(w, number))
        return false;
    const uint8_t *page = page_at(w, number);
    size_t count = page_nodes(w, number, page, leaf);
    if (!count || !nodes_sane(w, number, page, count, leaf, in))
        return false;
    sum->leaves += leaf;
    sum->branches += !leaf;
    for (size_t i = 0; i < count; i++) {
        node n, next;
        node_at(w, page, i, leaf, &n);
        if (leaf) {
            good &= leaf_node(w, &n, sum);
            continue;
        }
        bounds below = in;
        if (i > 0)
            below.low = n.key;
        if (i + 1 < count && node_at(w, page, i + 1, leaf, &next))
            below.high = next.key;
        good &= walk_page(w, n.child, depth - 1, below, sum);
    }
    return good;
}

static bool walk_tree(walk *w, const tree *t)
{
    tree sum = {0};
    if (t->root == NO_PAGE) {
        if (t->depth || t->entries || t->leaves || t->branches
            || t->overflows)
            return fault(w, "its tree has no root");
        return true;
    }
    if (t->depth == 0 || t->depth > DEPTH_MAX)
        return fault(w, "its tree has a wrong depth");
    if (!walk_page(w, t->root, t->depth, (bounds){{NULL, 0}, {NULL, 0}}, &sum))
        return false;
    if (sum.entries != t->entries || sum.leaves != t->leaves
        || sum.branches != t->branches || sum.overflows != t->overflows)
        return fault(w, "its tree is not counted right");
    return true;
}

/* Visit the leaves of a tree that passed walk_tree. */
typedef bool leaf_visit(walk *w, const node *n);
static bool each_leaf(walk *w, uint64_t number, unsigned depth,
                      leaf_visit *visit)
{
    const uint8_t *page = page_at(w, number);
    size_t count = (get16(page + 12) - (size_t)PAGE_HEAD) / 2;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        node n;
        node_at(w, page, i, depth <= 1, &n);
        good &= depth <= 1 ? visit(w, &n)
                           : each_leaf(w, n.child, depth - 1, visit);
    }
    return good;
}

static bool visit_free(walk *w, const node *n)
{
    return free_pages(w, value_of(w, n));
}

static bool visit_database(walk *w, const node *n)
{
    char name[sizeof w->name];
    tree t;
    size_t size = n->key.size < sizeof name - 1 ? n->key.size
                                                : sizeof name - 1;
    for (size_t i = 0; i < size; i++)
        name[i] = n->key.at[i] >= 32 && n->key.at[i] < 127
                  ? (char)n->key.at[i] : '?';
    name[size] = '\0';
    memcpy(&t, n->data, sizeof t);
    w->where = name;
    bool good = t.flags == 0 ? walk_tree(w, &t)
                             : fault(w, "its tree has wrong flags");
    w->where = w->name;
    return good;
}

/* ---- the whole file ------------------------------------------------- */

static bool walk_all(walk *w, const meta *m)
{
    bool good;
    w->where = "(free list)";
    w->is_free_list = true;
    good = walk_tree(w, &m->free);
    w->is_free_list = false;
    w->where = w->name;
    bool main_good = walk_tree(w, &m->main);
    if (main_good && m->main.root != NO_PAGE)
        good &= each_leaf(w, m->main.root, m->main.depth, visit_database);
    w->is_free_list = true;
    w->where = "(free list)";
    if (good && main_good && m->free.root != NO_PAGE)
        good &= each_leaf(w, m->free.root, m->free.depth, visit_free);
    if (!good || !main_good)
        return false;
    uint64_t want = w->last >= w->pages ? w->last + 1 - w->pages : 0;
    if (w->beyond < want)
        return fault(w, "the file is cut off: %llu pages of %llu are missing",
                     (unsigned long long)(want - w->beyond),
                     (unsigned long long)(w->last + 1));
    return true;
}

/* The meta page of transaction `txn`. */
static dm_status find_meta(const dm_store *s, uint64_t txn, meta *out,
                           dm_error *err)
{
    meta metas[2];
    bool foreign = false;
    const char *what = metas_settled(s->fd, metas, &foreign);
    if (what)
        return error_set(err, DM_CORRUPT, "%s is damaged: %s", s->path, what);
    for (int i = 0; i < 2; i++)
        if (metas[i].txn == txn) {
            *out = metas[i];
            return DM_OK;
        }
    return error_set(err, DM_BUSY, "%s is being written", s->path);
}

static dm_status walk_file(const dm_store *s, walk *w, const meta *m,
                           dm_error *err)
{
    struct stat about;
    if (fstat(s->fd, &about))
        return error_errno(err, errno, "read", s->path);
    size_t size = (size_t)about.st_size;
    w->page_size = m->free.pad;
    w->last = m->last;
    w->pages = size / w->page_size;
    w->seen = mem_calloc(w->pages + 1, 1);
    if (!w->seen)
        return error_nomem(err);
    void *file = mmap(NULL, size, PROT_READ, MAP_SHARED, s->fd, 0);
    if (file == MAP_FAILED) {
        mem_free(w->seen);
        return error_errno(err, errno, "read", s->path);
    }
    w->file = file;
    walk_all(w, m);
    munmap(file, size);
    mem_free(w->seen);
    return DM_OK;
}

dm_status pages_check_tree(const dm_store *s, MDB_txn *txn,
                           store_on_finding *finding, void *context,
                           size_t *count, dm_error *err)
{
    walk w = {.finding = finding, .context = context, .name = "(main)"};
    meta m;
    dm_status st = find_meta(s, mdb_txn_id(txn), &m, err);
    if (st != DM_OK)
        return st;
    st = walk_file(s, &w, &m, err);
    if (st != DM_OK)
        return st;
    if (count)
        *count += w.faults;
    if (w.faults && !finding)
        return error_set(err, DM_CORRUPT, "%s is damaged: %s", s->path,
                         w.first);
    return DM_OK;
}
