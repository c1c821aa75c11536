"""Review of a Terraform plan: what it changes, and what that means for the data's safety.

`plan` reads the plan, `values` keeps its secrets back, `policies` and `policy_findings` compare the
policies in it, `resource_findings` judges the resources, `lifecycle` the synthesized files that it was
made from; `build` puts the `model` together, and `markdown`, `text` and `as_json` write it down.
"""
