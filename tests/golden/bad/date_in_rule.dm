-- query: late
relation meets(day: date).
relation late.
late if meets(D) and D > d"2021-04-13~".
