/* Files that are foreign, cut off or damaged: an error, never a crash.
 *
 * DRAGOMAN_FLIPS: number of randomly damaged files (400), DRAGOMAN_SEED. */
#include "store_make.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    FACTS = 1500,
    ROWS = 20000,
    EXAMINED = 64 /* a child's exit status, plus what it found */
};

static char copy_name[128];
static uint64_t import_serial;

/* ---- files ---------------------------------------------------------- */

typedef struct file {
    uint8_t *at;
    size_t size;
} file;

static file read_file(const char *path)
{
    struct stat about;
    file f = {NULL, 0};
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &about))
        must(error_set(&make_err, DM_IO, "can't read %s", path));
    f.size = (size_t)about.st_size;
    f.at = mem_alloc(f.size);
    if (read(fd, f.at, f.size) != (ssize_t)f.size)
        must(error_set(&make_err, DM_IO, "can't read %s", path));
    close(fd);
    return f;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    char lock[140];
    snprintf(lock, sizeof lock, "%s-lock", path);
    unlink(lock);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        must(error_set(&make_err, DM_IO, "can't write %s", path));
    close(fd);
}

/* A store with something in every database. */
static void fill(const char *path)
{
    dm_store *s = make_open(path);
    dm_cell *rows = mem_alloc(2 * ROWS * sizeof *rows);
    const dm_type types[2] = {DM_INT, DM_INT};
    uint64_t serial = 0, seed = 3;
    dm_store_txn *t = make_begin(s);
    for (int i = 0; i < FACTS; i++) {
        char name[40];
        snprintf(name, sizeof name, "needle number %d", i);
        must(make_fact(t, s, i % 2 ? "odd" : "even", name, i, &serial));
    }
    for (size_t i = 0; i < 2 * ROWS; i++)
        rows[i] = make_random(&seed) >> 44;
    import_serial = make_import(t, s, "edge");
    must(make_rows(t, import_serial, 2, types, rows, ROWS, store_terms(s),
                      NULL, &make_err));
    must(store_put_note(t, "synced", "abcdefgh", 8, &make_err));
    must(store_commit(t, NULL, &make_err));
    for (uint64_t i = 1; i <= 40; i++) {
        t = make_begin(s);
        must(store_retract(t, 7 * i, &make_err));
        must(store_withdraw_rows(t, import_serial, rows + 2 * i, 1,
                                 &make_err));
        must(store_commit(t, NULL, &make_err));
    }
    is_int(make_verify(s), 0, "the undamaged store is sound");
    store_close(s);
    mem_free(rows);
}

/* ---- judging one file ----------------------------------------------- */

static dm_status nothing(void *context, const dm_statement *s, dm_error *err)
{
    (void)context;
    (void)s;
    (void)err;
    return DM_OK;
}

static dm_status no_rows(void *context, const dm_cell *rows, size_t n,
                         dm_error *err)
{
    (void)context;
    (void)rows;
    (void)n;
    (void)err;
    return DM_OK;
}

/* Everything a reader does; the first failure, or DM_CORRUPT for findings. */
static dm_status examine(const char *path)
{
    dm_store *s = NULL;
    size_t count = 0;
    dm_status st = store_open(path, 0, &s, &make_err);
    if (st != DM_OK)
        return st;
    st = store_verify(s, make_hide, NULL, &count, &make_err);
    dm_status all = store_statements(s, nothing, NULL, &make_err);
    dm_status old = store_statements_as_of(s, 2, nothing, NULL, &make_err);
    dm_status rows = store_rows(s, import_serial, no_rows, NULL, &make_err);
    store_close(s);
    if (st != DM_OK)
        return st;
    if (count > 0)
        return DM_CORRUPT;
    /* What verify passes has to be readable. */
    return all != DM_OK ? all : old != DM_OK ? old : rows;
}

/* The same in a child; -1 when it died of a signal or a sanitizer. */
static int examine_apart(const char *path)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(EXAMINED + (int)examine(path));
    if (child < 0 || waitpid(child, &status, 0) != child)
        must(error_set(&make_err, DM_IO, "can't fork"));
    if (!WIFEXITED(status) || WEXITSTATUS(status) < EXAMINED)
        return -1;
    return WEXITSTATUS(status) - EXAMINED;
}

/* ---- foreign files -------------------------------------------------- */

static dm_status open_only(const char *path, unsigned flags)
{
    dm_store *s = NULL;
    dm_status st = store_open(path, flags, &s, &make_err);
    store_close(s);
    return st;
}

static void foreign_lmdb(void)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val k = {3, "abc"}, v = {3, "def"};
    unlink(copy_name);
    bool made = !mdb_env_create(&env) && !mdb_env_set_maxdbs(env, 4)
                && !mdb_env_open(env, copy_name, MDB_NOSUBDIR, 0666)
                && !mdb_txn_begin(env, NULL, 0, &txn)
                && !mdb_dbi_open(txn, "other", MDB_CREATE, &dbi)
                && !mdb_put(txn, dbi, &k, &v, 0) && !mdb_txn_commit(txn);
    mdb_env_close(env);
    dm_status st = open_only(copy_name, STORE_CREATE);
    ok(made && (st == DM_FORMAT || st == DM_CORRUPT),
       "another program's LMDB file is refused");
}

static void test_foreign(const file *f)
{
    static const char text[] = "actor taliban \"The Taliban\".\n";
    char long_text[20000];
    memset(long_text, 'x', sizeof long_text);
    write_file(copy_name, text, sizeof text - 1);
    is_int(open_only(copy_name, STORE_CREATE), DM_FORMAT, "a short text");
    write_file(copy_name, long_text, sizeof long_text);
    is_int(open_only(copy_name, STORE_CREATE), DM_FORMAT, "a long one");
    ok(!store_is_store(copy_name), "it doesn't look like a store");
    write_file(copy_name, text, 0);
    is_int(open_only(copy_name, STORE_CREATE), DM_FORMAT, "an empty file");
    is_int(open_only(make_folder_name, 0), DM_FORMAT, "a folder");
    is_int(open_only("no/such/folder/store", 0), DM_NOT_FOUND, "nothing");
    foreign_lmdb();
    write_file(copy_name, f->at, f->size);
    is_int(open_only(copy_name, 0), DM_OK, "a copy of the store is fine");
    ok(store_is_store(copy_name), "and looks like one");
}

/* ---- files cut off -------------------------------------------------- */

/* Where the pages that are in use end, by the newest meta page. */
static size_t used_size(const file *f)
{
    uint64_t last[2], txn[2];
    for (int i = 0; i < 2; i++) {
        const uint8_t *meta = f->at + (size_t)i * 4096 + 16;
        memcpy(&last[i], meta + 120, 8);
        memcpy(&txn[i], meta + 128, 8);
    }
    return (size_t)(last[txn[1] > txn[0]] + 1) * 4096;
}

/* Is everything in the copy still there? */
static bool complete(void)
{
    dm_store *s = NULL;
    store_info info;
    must(store_open(copy_name, 0, &s, &make_err));
    must(store_refresh(s, &info, &make_err));
    store_close(s);
    return info.last_txn == 41 && info.statements == FACTS + 1 - 40
           && info.rows > ROWS - 100 && info.rows <= ROWS - 40;
}

static void test_truncated(const file *f)
{
    uint64_t seed = 5;
    size_t used = used_size(f), crashed = 0, missed = 0;
    for (int i = 0; i < 60; i++) {
        size_t size = (size_t)(make_random(&seed) % (used - 1));
        if (i % 2)
            size &= ~(size_t)4095;
        write_file(copy_name, f->at, size);
        int st = examine_apart(copy_name);
        crashed += st < 0;
        missed += st == DM_OK && !complete();
    }
    is_int(crashed, 0, "files cut off anywhere don't crash");
    is_int(missed, 0, "and are refused, unless only free pages are gone");
}

/* ---- one byte ------------------------------------------------------- */

/* Offset of the n-th occurrence of `text`, from `from`; the size: none. */
static size_t find(const file *f, size_t from, const void *text, size_t size)
{
    for (size_t i = from; i + size <= f->size; i++)
        if (memcmp(f->at + i, text, size) == 0)
            return i;
    return f->size;
}

static dm_status flip(const file *f, size_t at)
{
    f->at[at] ^= 0x10;
    write_file(copy_name, f->at, f->size);
    f->at[at] ^= 0x10;
    dm_status st = examine(copy_name);
    if (st == DM_CORRUPT && strstr(make_err.text, "%"))
        diag("odd text: %s", make_err.text);
    return st;
}

/* The bytes of the last block, where the file has them. */
static size_t find_block(dm_store *s)
{
    MDB_txn *txn;
    MDB_cursor *at;
    MDB_val k, value;
    must(read_begin(s, &txn, &make_err));
    if (mdb_cursor_open(txn, s->dbi[DB_BLOCKS], &at)
        || mdb_cursor_get(at, &k, &value, MDB_LAST))
        must(error_set(&make_err, DM_IO, "no block"));
    file block = {mem_alloc(value.mv_size), value.mv_size};
    memcpy(block.at, value.mv_data, value.mv_size);
    mdb_cursor_close(at);
    read_end(s, txn);
    file f = read_file(make_store_name);
    size_t offset = find(&f, 0, block.at, block.size);
    mem_free(block.at);
    mem_free(f.at);
    return offset + value.mv_size / 2;
}

static void test_one_byte(const file *f, size_t block)
{
    static const char needle[] = "needle number 1234";
    size_t term = find(f, 0, needle, sizeof needle - 1);
    size_t note = find(f, 0, "abcdefgh", 8);
    ok(term < f->size && note < f->size && block < f->size,
       "there are bytes to be damaged");
    is_int(flip(f, term + 8), DM_CORRUPT, "a byte of a term");
    is_int(flip(f, note + 3), DM_CORRUPT, "of a note");
    is_int(flip(f, block), DM_CORRUPT, "of a block of rows");
    dm_store *s = NULL;
    f->at[block] ^= 1;
    write_file(copy_name, f->at, f->size);
    f->at[block] ^= 1;
    must(store_open(copy_name, 0, &s, &make_err));
    is_int(store_rows(s, import_serial, no_rows, NULL, &make_err), DM_CORRUPT,
           "the scan of the rows itself says so");
    ok(strstr(make_err.text, "blocks") != NULL, "and names the database");
    store_close(s);
}

/* ---- random damage -------------------------------------------------- */

static void damage(file f, size_t used, uint64_t *seed)
{
    uint64_t kind = make_random(seed) % 6;
    size_t pages = used / 4096;
    size_t page = (size_t)(make_random(seed) % pages) * 4096;
    size_t n = (size_t)(make_random(seed) % 16) + 1;
    switch (kind) {
    case 0: /* a page of zeros, or of another page */
        memset(f.at + page, 0, 4096);
        return;
    case 1:
        memcpy(f.at + page, f.at + make_random(seed) % pages * 4096, 4096);
        return;
    case 2: /* the meta pages */
        for (size_t i = 0; i < 3; i++)
            f.at[make_random(seed) % 2 * 4096 + make_random(seed) % 152]
                = (uint8_t)make_random(seed);
        return;
    case 3: /* a page's header and node offsets */
        for (size_t i = 0; i < n; i++)
            f.at[page + make_random(seed) % 64] = (uint8_t)make_random(seed);
        return;
    case 4: /* within one page */
        for (size_t i = 0; i < n; i++)
            f.at[page + make_random(seed) % 4096]
                ^= (uint8_t)(1u << make_random(seed) % 8);
        return;
    default: /* anywhere */
        for (size_t i = 0; i < n; i++)
            f.at[make_random(seed) % used] = (uint8_t)make_random(seed);
    }
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_random(const file *f)
{
    uint64_t rounds = number_of("DRAGOMAN_FLIPS", 400);
    uint64_t first = number_of("DRAGOMAN_SEED", 1), crashed = 0, found = 0;
    size_t used = used_size(f);
    file other = {mem_alloc(f->size), f->size};
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t seed = first + i;
        memcpy(other.at, f->at, f->size);
        damage(other, used, &seed);
        write_file(copy_name, other.at, other.size);
        int st = examine_apart(copy_name);
        found += st > DM_OK;
        if (st >= 0)
            continue;
        crashed++;
        diag("crashed: DRAGOMAN_SEED=%" PRIu64 " DRAGOMAN_FLIPS=1",
             first + i);
    }
    diag("%" PRIu64 " of %" PRIu64 " randomly damaged files were refused; "
         "the damage to the others lay in what nothing reads", found, rounds);
    is_int(crashed, 0, "no random damage crashes open, verify or a scan");
    ok(rounds < 50 || found > rounds / 4, "and much of it is found");
    mem_free(other.at);
}

int main(void)
{
    const char *path = make_path();
    snprintf(copy_name, sizeof copy_name, "%s-copy", path);
    fill(path);
    dm_store *s = make_open(path);
    size_t block = find_block(s);
    store_close(s);
    file f = read_file(path);
    test_foreign(&f);
    test_one_byte(&f, block);
    test_truncated(&f);
    test_random(&f);
    mem_free(f.at);
    write_file(copy_name, "", 0);
    unlink(copy_name);
    make_clean();
    return done_testing();
}
