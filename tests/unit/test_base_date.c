/* Civil days. */
#include "base/date.h"
#include "tap.h"

/* Every day of 800 years, counted by hand. */
static bool counts_right(int from, int to)
{
    int32_t day = date_from_civil(from, 1, 1);
    for (int y = from; y <= to; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; date_valid(y, m, d); d++, day++) {
                int y2, m2, d2;
                date_to_civil(day, &y2, &m2, &d2);
                if (date_from_civil(y, m, d) != day || y2 != y || m2 != m
                    || d2 != d)
                    return false;
            }
    return true;
}

static const char *text(int32_t day)
{
    static char out[16];
    date_format(day, out);
    return out;
}

int main(void)
{
    int32_t day = 0;
    is_int(date_from_civil(1970, 1, 1), 0, "the epoch");
    is_int(date_from_civil(2021, 4, 13), 18730, "13 April 2021");
    is_int(date_from_civil(0, 3, 1), -719468, "1 March 0");
    ok(counts_right(-401, 5), "around year 0");
    ok(counts_right(1580, 2410), "from 1580 to 2410");
    ok(date_valid(2000, 2, 29) && !date_valid(1900, 2, 29), "leap years");
    ok(date_valid(-4, 2, 29) && !date_valid(2021, 2, 29), "more of them");
    ok(!date_valid(2021, 13, 1) && !date_valid(2021, 0, 1)
       && !date_valid(2021, 4, 31) && !date_valid(2021, 4, 0)
       && !date_valid(10000, 1, 1), "no dates");
    is_str(text(18730), "2021-04-13", "format");
    is_str(text(date_from_civil(-5, 12, 31)), "-0005-12-31", "before 0");
    is_str(text(DM_DAY_MAX), "infinity", "infinity");
    is_str(text(DM_DAY_MIN), "-infinity", "-infinity");
    is_str(text(DM_DAY_MAX - 1), "5881580-07-10", "the last day");
    is_str(text(DM_DAY_MIN + 1), "-5877641-06-24", "the first day");
    ok(date_parse("2021-04-13", 10, &day) && day == 18730, "parse");
    ok(!date_parse("2021-4-13", 9, &day) && !date_parse("2021-04-31", 10, &day)
       && !date_parse("2021/04/13", 10, &day)
       && !date_parse("+021-04-13", 10, &day)
       && !date_parse("2021-04-130", 11, &day), "no dates to parse");
    return done_testing();
}
