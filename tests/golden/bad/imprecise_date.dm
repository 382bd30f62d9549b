relation meets(day: date).
meets(2021-04).
