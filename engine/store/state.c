/* state.c - the database `meta`: what the file is, and its counters.
 *
 * Representation: "format" -> magic "dragoman", version u32, 16 random bytes
 * that tell stores apart; "state" -> six numbers of 8 bytes, in the order of
 * store_state.
 * Invariants: serials, transactions, terms and relations are numbered from 1
 * without gaps and never reused; transaction time doesn't decrease; "state"
 * is written by every commit.
 * Cost: one lookup each. */
#include "store/internal.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static const char MAGIC[8] = {'d', 'r', 'a', 'g', 'o', 'm', 'a', 'n'};

static key text_key(const char *text)
{
    key k;
    k.len = strlen(text);
    memcpy(k.at, text, k.len);
    return k;
}

int format_save(const dm_store *s, MDB_txn *txn)
{
    uint8_t value[8 + 4 + 16] = {0};
    key k = text_key("format");
    memcpy(value, MAGIC, sizeof MAGIC);
    value[8] = FORMAT_VERSION;
    if (getrandom(value + 12, 16, 0) != 16) {
        /* Not random then, but still different from other stores. */
        int64_t now = store_clock();
        pid_t pid = getpid();
        memcpy(value + 12, &now, sizeof now);
        memcpy(value + 20, &pid, sizeof pid);
    }
    return record_put(txn, s, DB_META, &k, value, sizeof value,
                      MDB_NOOVERWRITE);
}

dm_status format_check(const dm_store *s, MDB_txn *txn, dm_error *err)
{
    MDB_val value;
    key k = text_key("format");
    dm_status st = record_get(txn, s, DB_META, &k, &value, err);
    if (st == DM_NOT_FOUND)
        return error_set(err, DM_FORMAT, "%s is not a Dragoman store",
                         s->path);
    if (st != DM_OK)
        return st;
    cursor c = {value.mv_data, value.mv_size, false};
    const uint8_t *magic = take(&c, sizeof MAGIC);
    uint64_t version = take_le(&c, 4);
    if (c.bad || memcmp(magic, MAGIC, sizeof MAGIC) != 0)
        return error_set(err, DM_FORMAT, "%s is not a Dragoman store",
                         s->path);
    if (version != FORMAT_VERSION)
        return error_set(err, DM_FORMAT,
                         "%s has format %u; this program knows format %u",
                         s->path, (unsigned)version, FORMAT_VERSION);
    return DM_OK;
}

int state_save(const dm_store *s, MDB_txn *txn, const store_state *state)
{
    const uint64_t numbers[] = {
        state->next_serial, state->last_txn, state->last_term,
        state->last_relation, state->rows, (uint64_t)state->last_time,
    };
    enum { N = sizeof numbers / sizeof *numbers };
    uint8_t value[8 * N];
    key k = text_key("state");
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(numbers[i / 8] >> (8 * (i % 8)));
    return record_put(txn, s, DB_META, &k, value, sizeof value, 0);
}

dm_status state_load(const dm_store *s, MDB_txn *txn, store_state *out,
                     dm_error *err)
{
    MDB_val value;
    key k = text_key("state");
    dm_status st = record_get(txn, s, DB_META, &k, &value, err);
    if (st == DM_NOT_FOUND)
        return record_bad(s, DB_META, NULL, "the state is missing", err);
    if (st != DM_OK)
        return st;
    cursor c = {value.mv_data, value.mv_size, false};
    store_state state = {.next_serial = take_le(&c, 8)};
    state.last_txn = take_le(&c, 8);
    state.last_term = take_le(&c, 8);
    state.last_relation = take_le(&c, 8);
    state.rows = take_le(&c, 8);
    state.last_time = (int64_t)take_le(&c, 8);
    /* Serials from 2^63 up are those of scenarios. */
    if (c.bad || c.left || state.next_serial == 0
        || state.next_serial > INT64_MAX || state.last_txn > INT64_MAX
        || state.last_term >= DM_TERM_OVERLAY
        || state.last_relation > UINT32_MAX)
        return record_bad(s, DB_META, NULL, "a counter is out of range", err);
    *out = state;
    return DM_OK;
}

int64_t store_clock(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now))
        return 0;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
