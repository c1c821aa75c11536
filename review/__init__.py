"""What a change means for the safety of the data: a plan's JSON in, a judgement out.

`plan` and `reading` read the plan, `masking` hides its secrets; `log` and `raw` read what Terraform prints.
`judgement` judges all of it: `judge` each resource by the `rules`, what becomes of it by `fate`, its
policies by `policy_findings` (from `clauses`, `who`, `policy_gravity`, `lockout` and, exactly, `exact`),
the plan's other `parts`, and the synthesized `configurations`. `facts` is data. `build` makes the `model`
of a review, `render` writes it down, and `drift_findings` judges a refresh-only plan.
"""
