aktor us "United States".
