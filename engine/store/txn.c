/* txn.c - write transactions: gathering what commit will write.
 *
 * Purpose: begin, add, retract, commit, abort.
 * Representation: internal.h.  From begin to the end the transaction holds
 * the lock between writers (flock on the file) and LMDB's, and an LMDB
 * transaction to read the present state through; nothing is written before
 * the commit, which apply.c does.  Records are encoded when they are added,
 * with the ids that their new terms will have; so are the keys of the
 * indexes.
 * Invariants: serials are given out in order and not reused, not even those
 * of statements retracted before the commit; the root table is untouched
 * until the commit is durable, so that abort leaves nothing behind.
 * Cost: some microseconds and two to three times its size in memory for a
 * statement. */
#include "store/internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MAX_ARGS = 4096 };

/* ---- begin and end ------------------------------------------------------ */

static void txn_free(dm_store_txn *t)
{
    dm_store *s = t->s;
    /* A forked child has only a copy: the transaction is its parent's. */
    if (s->pid == getpid()) {
        if (t->mdb)
            mdb_txn_abort(t->mdb);
        flock(s->fd, LOCK_UN);
    }
    for (size_t i = 0; i < t->imports.len; i++)
        row_blocks_free(&t->imports.at[i].rows);
    vec_free(&t->imports);
    vec_free(&t->added);
    vec_free(&t->entries);
    vec_free(&t->retracted);
    vec_free(&t->relations);
    vec_free(&t->schemas);
    vec_free(&t->notes);
    vec_free(&t->tombstones);
    map_free(&t->retracted_set);
    map_free(&t->relation_ids);
    map_free(&t->relation_names);
    map_free(&t->fact_schemas);
    map_free(&t->withdrawn);
    buf_free(&t->records);
    arena_free(&t->keep);
    terms_free(t->terms);
    mem_free(t);
    s->writer = NULL;
}

static dm_status can_write(const dm_store *s, dm_error *err)
{
    dm_status st = store_usable(s, err);
    if (st != DM_OK)
        return st;
    if (s->flags & STORE_READ_ONLY)
        return error_set(err, DM_READ_ONLY, "%s was opened for reading",
                         s->path);
    if (s->writer)
        return error_set(err, DM_BUSY, "a transaction on %s is open already",
                         s->path);
    if (s->readers)
        return error_set(err, DM_BUSY, "%s is being read", s->path);
    return DM_OK;
}

static dm_status lock_and_load(dm_store_txn *t, dm_error *err)
{
    dm_store *s = t->s;
    while (flock(s->fd, LOCK_EX))
        if (errno != EINTR)
            return error_errno(err, errno, "lock", s->path);
    int rc = growth_begin(s, 0, &t->mdb);
    if (rc) {
        t->mdb = NULL;
        return store_mdb_error(s, rc, "write to", err);
    }
    return store_update(s, t->mdb, err);
}

static dm_status set_up(dm_store_txn *t, const char *author,
                        const char *message, dm_error *err)
{
    t->state = t->s->state;
    t->number = ++t->state.last_txn;
    t->first_serial = t->state.next_serial;
    t->shift = terms_count(t->s->terms) + 1;
    author = author ? author : "";
    message = message ? message : "";
    t->author = arena_strdup(&t->keep, author, strlen(author));
    t->message = arena_strdup(&t->keep, message, strlen(message));
    t->terms = terms_new(t->s->terms);
    return t->author && t->message && t->terms ? DM_OK : error_nomem(err);
}

dm_status store_begin(dm_store *s, const char *author, const char *message,
                      dm_store_txn **out, dm_error *err)
{
    dm_status st = can_write(s, err);
    if (st != DM_OK)
        return st;
    dm_store_txn *t = mem_calloc(1, sizeof *t);
    if (!t)
        return error_nomem(err);
    t->s = s;
    s->writer = t;
    st = lock_and_load(t, err);
    if (st == DM_OK)
        st = set_up(t, author, message, err);
    if (st == DM_OK)
        *out = t;
    else
        txn_free(t);
    return st;
}

void store_abort(dm_store_txn *t)
{
    if (t)
        txn_free(t);
}

dm_status store_commit(dm_store_txn *t, uint64_t *txn, dm_error *err)
{
    uint64_t number = t->number;
    int64_t now = store_clock();
    dm_status st = store_usable(t->s, err);
    if (st == DM_OK && t->broken)
        st = error_set(err, DM_INVALID, "an addition to %s failed half-way; "
                       "the transaction can't be committed", t->s->path);
    if (now > t->state.last_time)
        t->state.last_time = now;
    t->state.last_term = t->shift - 1 + (uint64_t)terms_count(t->terms);
    if (st == DM_OK && t->state.last_term >= DM_TERM_OVERLAY)
        st = error_set(err, DM_BUDGET, "the ids of terms are used up");
    if (st == DM_OK)
        st = apply_commit(t, err);
    txn_free(t);
    if (st == DM_OK && txn)
        *txn = number;
    return st;
}

/* ---- adding: terms ------------------------------------------------------ */

static dm_status adopt_term(dm_store_txn *t, const dm_terms *terms, dm_term id,
                            dm_term *out, dm_error *err)
{
    dm_status st = terms_copy(terms, id, t->terms, out);
    if (st == DM_NOMEM)
        return error_nomem(err);
    if (st != DM_OK)
        return error_set(err, DM_BUDGET, "the ids of terms are used up");
    return DM_OK;
}

static dm_status adopt_field(dm_store_txn *t, const dm_terms *terms,
                             const dm_field *f, dm_field *out, dm_error *err)
{
    *out = *f;
    if (f->type == DM_FIELD_TERM)
        return adopt_term(t, terms, f->term, &out->term, err);
    if (f->type == DM_FIELD_DATE && f->date.text != 0)
        return adopt_term(t, terms, f->date.text, &out->date.text, err);
    return DM_OK;
}

static dm_status adopt_origin(dm_store_txn *t, const dm_terms *terms,
                              dm_term origin, dm_term *out, dm_error *err)
{
    static const char entered[] = "entered";
    if (origin)
        return adopt_term(t, terms, origin, out, err);
    dm_status st = terms_symbol(t->terms, entered, sizeof entered - 1, out);
    return st == DM_NOMEM ? error_nomem(err) : st;
}

/* The statement with terms of t->terms. */
static dm_status adopt(dm_store_txn *t, const dm_statement *from,
                       const dm_terms *terms, field_vec *fields,
                       dm_statement *out, dm_error *err)
{
    dm_status st = statement_validate(from, terms, err);
    if (st != DM_OK)
        return st;
    if (!vec_reserve(fields, from->nfields))
        return error_nomem(err);
    fields->len = from->nfields;
    for (size_t i = 0; st == DM_OK && i < from->nfields; i++)
        st = adopt_field(t, terms, &from->fields[i], &fields->at[i], err);
    *out = (dm_statement){.kind = from->kind, .txn = t->number,
                          .serial = t->state.next_serial,
                          .nfields = fields->len, .fields = fields->at};
    if (st == DM_OK)
        st = adopt_origin(t, terms, from->origin, &out->origin, err);
    if (st == DM_OK && statement_hash(out, t->terms, &out->hash) != DM_OK)
        st = error_nomem(err);
    return st;
}

/* ---- adding: catalogue, record, keys ------------------------------------ */

static uint32_t count_args(const dm_statement *st)
{
    uint32_t n = 0;
    const dm_field *f = statement_field(st, DM_TAG_ARG);
    for (; f; f = statement_next(st, f))
        n += f->type == DM_FIELD_TERM;
    return n;
}

static dm_status catalogue(dm_store_txn *t, const dm_statement *st,
                           statement_head *head, dm_error *err)
{
    dm_term name = statement_term(st, DM_TAG_RELATION);
    uint32_t nargs = count_args(st);
    if (!statement_has_tuple(st) && st->kind != DM_IMPORT)
        return DM_OK;
    if (name == 0 || terms_kind(t->terms, name) != TERM_SYMBOL)
        return error_set(err, DM_INVALID, "a fact has no relation");
    if (nargs > MAX_ARGS)
        return error_set(err, DM_INVALID, "a fact has over %d arguments",
                         MAX_ARGS);
    dm_status rc = catalogue_relation(t, name, &head->relation, err);
    if (rc == DM_OK && st->kind != DM_IMPORT) /* its schema: store_import */
        rc = catalogue_schema(t, head->relation, nargs, NULL, &head->schema,
                              err);
    if (rc != DM_OK)
        t->broken = true; /* a relation without a schema may be pending */
    return rc;
}

static bool keep_keys(dm_store_txn *t, const dm_statement *st,
                      const statement_head *head)
{
    index_entry entries[INDEXES];
    if (!statement_index(st, head, t->terms, t->shift, entries))
        return false;
    for (int i = 0; i < INDEXES; i++) {
        const index_entry *e = &entries[i];
        pending_key k = {.db = e->db, .schema = e->schema,
                         .at = t->records.len, .size = e->k.len};
        if (e->used && (!buf_put(&t->records, e->k.at, e->k.len)
                        || !vec_push(&t->entries, k)))
            return false;
    }
    return true;
}

static bool keep_record(dm_store_txn *t, const dm_statement *st,
                        const statement_head *head)
{
    pending p = {.serial = st->serial, .at = t->records.len,
                 .keys = t->entries.len};
    if (!vec_reserve(&t->added, t->added.len + 1)
        || !statement_encode(st, head, t->shift, &t->records))
        return false;
    p.size = t->records.len - p.at;
    if (!keep_keys(t, st, head))
        return false;
    p.nkeys = t->entries.len - p.keys;
    return vec_push(&t->added, p);
}

static dm_status add(dm_store_txn *t, const dm_statement *st, dm_error *err)
{
    statement_head head = {0};
    size_t records = t->records.len, entries = t->entries.len;
    dm_status rc = catalogue(t, st, &head, err);
    if (rc != DM_OK)
        return rc;
    if (!keep_record(t, st, &head)) {
        t->records.len = records;
        t->records.failed = false;
        t->entries.len = entries;
        return error_nomem(err);
    }
    t->state.next_serial++;
    t->nadded++;
    t->bytes += 2 * (t->records.len - records) + 256;
    return DM_OK;
}

dm_status store_add(dm_store_txn *t, const dm_statement *statement,
                    const dm_terms *terms, uint64_t *serial, dm_error *err)
{
    field_vec fields = {0};
    dm_statement st;
    dm_status rc = store_usable(t->s, err);
    if (rc == DM_OK)
        rc = adopt(t, statement, terms, &fields, &st, err);
    if (rc == DM_OK)
        rc = add(t, &st, err);
    vec_free(&fields);
    if (rc == DM_OK && serial)
        *serial = st.serial;
    return rc;
}

/* ---- retracting --------------------------------------------------------- */

static dm_status not_there(uint64_t serial, dm_error *err)
{
    return error_set(err, DM_NOT_FOUND, "there is no statement %" PRIu64,
                     serial);
}

/* A statement of this same transaction: it is as if it had never been. */
static dm_status forget_added(dm_store_txn *t, uint64_t serial, dm_error *err)
{
    uint64_t i = serial - t->first_serial;
    if (i >= t->added.len || t->added.at[i].withdrawn)
        return not_there(serial, err);
    t->added.at[i].withdrawn = true;
    t->nadded--;
    for (size_t j = 0; j < t->imports.len; j++) {
        pending_import *p = &t->imports.at[j];
        if (p->serial != serial)
            continue;
        t->state.rows -= p->rows.rows;
        row_blocks_free(&p->rows);
        *p = t->imports.at[--t->imports.len];
        break;
    }
    return DM_OK;
}

/* Rows withdrawn from an import in this transaction: their tombstones' keys
 * begin with relation and serial. */
static uint64_t withdrawn_here(const dm_store_txn *t, uint64_t serial)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->tombstones.len; i++) {
        const pending_tombstone *p = &t->tombstones.at[i];
        MDB_val k = {p->key_size, (void *)(uintptr_t)p->key};
        n += key_get(&k, 4, 8) == serial;
    }
    return n;
}

/* Take the rows of an import that goes off the number of current ones. */
static dm_status drop_rows(dm_store_txn *t, uint64_t serial, dm_error *err)
{
    import_info import;
    uint64_t gone = 0;
    dm_status st = import_load(t->s, t->mdb, serial, &import, err);
    if (st == DM_NOT_FOUND)
        return DM_OK; /* it never got any */
    if (st == DM_OK)
        st = tombstones_load(t->s, t->mdb, &import, UINT64_MAX, NULL, &gone,
                             err);
    if (st != DM_OK)
        return st;
    gone += withdrawn_here(t, serial);
    if (gone > import.rows || import.rows - gone > t->state.rows)
        return record_bad(t->s, DB_META, NULL, "the number of rows is wrong",
                          err);
    t->state.rows -= import.rows - gone;
    return DM_OK;
}

static dm_status retract_stored(dm_store_txn *t, uint64_t serial,
                                dm_error *err)
{
    field_vec fields = {0};
    dm_statement st;
    statement_head head;
    uint64_t closed = 0;
    dm_status rc = statement_load(t->s, t->mdb, serial, &fields, &st, &head,
                                  &closed, err);
    vec_free(&fields);
    if (rc != DM_OK)
        return rc;
    if (closed || map_get(&t->retracted_set, serial, NULL))
        return error_set(err, DM_NOT_FOUND, "statement %" PRIu64
                         " was withdrawn already", serial);
    if (!vec_reserve(&t->retracted, t->retracted.len + 1))
        return error_nomem(err);
    if (st.kind == DM_IMPORT)
        rc = drop_rows(t, serial, err);
    if (rc != DM_OK)
        return rc;
    if (!map_put(&t->retracted_set, serial, 1)) {
        t->broken = true; /* its rows are counted off already */
        return error_nomem(err);
    }
    t->retracted.at[t->retracted.len++] = serial;
    t->bytes += 4096;
    return DM_OK;
}

dm_status store_retract(dm_store_txn *t, uint64_t serial, dm_error *err)
{
    dm_status st = store_usable(t->s, err);
    if (st != DM_OK)
        return st;
    if (serial >= t->first_serial)
        return forget_added(t, serial, err);
    return retract_stored(t, serial, err);
}
