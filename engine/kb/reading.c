/* reading.c - the part of dragoman.h that reads models: what a model's
 * evaluation knows, without showing the evaluator. */
#include "kb/kb.h"

size_t dm_model_count(dm_model *m, uint32_t relation, dm_truth truth)
{
    return eval_count(dm_model_eval(m), relation, truth);
}

const dm_cell *dm_model_cells(dm_model *m, dm_row row)
{
    return eval_cells(dm_model_eval(m), row);
}

dm_truth dm_model_lookup(dm_model *m, uint32_t relation, const dm_cell *cells,
                         dm_row *out)
{
    return eval_lookup(dm_model_eval(m), relation, cells, out);
}

dm_status dm_model_match(dm_model *m, uint32_t relation, uint64_t mask,
                         const dm_cell *cells, dm_on_row *visit,
                         void *context, dm_error *err)
{
    return eval_match(dm_model_eval(m), relation, mask, cells, visit, context,
                      err);
}

dm_status dm_model_prove(dm_model *m, dm_row row,
                         const dm_proof_options *options, dm_proof **out,
                         dm_error *err)
{
    return proof_find(dm_model_eval(m), row, options, out, err);
}
