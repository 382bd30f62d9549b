-- Relations without columns.
relation rain.
relation wet.
relation dry.
relation puzzled.
rain.
wet if rain.
dry if not wet.
puzzled if wet and dry.
export wet to "wet.tsv".
export dry to "dry.tsv".
export puzzled to "puzzled.tsv".
