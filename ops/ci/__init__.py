"""The path of a change through CI: planned once, reviewed in one comment, deployed as it was reviewed.

`plan` makes and stores a plan, `comment` shows it on the pull request and holds back a dangerous one,
`deploy` applies it; `manifest` is what ties the three together, `store` the state bucket that it lies in,
`github` the API of the comments, `git` the checkout. docs/ci.md tells it as a whole.
"""
