"""`synth plan`: what a run will cost, before anything runs.

- `placeholder`: answers of a teacher that only pretends, in letters that can be told from English
- `dryrun`: the real recipes over real examples, with the pretended teacher; every request is noted
- `tokens`: how many tokens a text is for the teacher, and how many more its translation is
- `disk`: bytes of parts, from the English rows
- `estimate`: all of it for a whole run, in seconds
- `probe`: a few real requests, for the rate and for how far the estimate is off
"""
