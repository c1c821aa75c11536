"""The path of a change through CI: reviewed in a pull request, planned again on main, approved, deployed.

`review` plans a pull request for people to read, `comment` shows that and holds back a dangerous one, `plan`
plans the main branch and compares with what was reviewed, `deploy` applies that plan.

`reviewed_plan` plans and reviews, `manifest` ties the files together, `store` is the state bucket that they
lie in. `merged` finds what was reviewed, `compare` compares with it, `described` says what makes a value that
is known only after apply, `label` says whether the label counts that lets a dangerous plan through. `github`
is the API of comments, labels and merges, `runner` GitHub's runner, `git` the checkout. docs/ci.md describes
the whole path.
"""
