"""督办函: what one case is pressed for, frozen, put into words, made into a Word paper, issued and answered.

    queries (facts) -> context (frozen) -> sentences -> render -> stored with its snapshot

Doors: `actions.draft`, `actions.issue`, `actions.reply`, `actions.withdraw`, `queries.letters`,
`queries.letter`, `queries.letters_of_case`.
"""
