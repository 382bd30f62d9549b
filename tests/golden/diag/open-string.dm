actor taliban "The Taliban.
member(a, b, .
actor us "The United States
  of America".
