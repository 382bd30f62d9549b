relation meets(day: date).
meets(2021-02-29).
