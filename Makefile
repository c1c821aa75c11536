# Every target runs the set-up that it needs, once; .venv has the locked tools.
.DEFAULT_GOAL := help
.PHONY: help setup demo ci-demo check test coverage test-slow test-faults test-browser lint style types scan benchmark snapshots docs review-plans synth prove \
	new bootstrap preflight plan review deploy drift destroy teardown recover sandbox sandbox-stop sandbox-env state-versions state-restore scan-existing \
	ci-environments ci-role ci-review ci-comment ci-gate ci-plan ci-deploy ci-roles lock clean cdktf-only

python := .venv/bin/python

# Taken literally: neither make nor the shell may expand anything in it.
override ENV := $(value ENV)
export ENV

# Each of the many processes that the tests start would compile what they import.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  ENV is an environment (a file in environments/); ARGS adds options, as in ARGS=--auto-approve;"
	@echo "  SANDBOX=1 works on the sandbox, as in: make deploy ENV=dev SANDBOX=1"
	@echo "  preflight, plan, review, drift and deploy take several, JOBS at once: make plan ENV='team-*' JOBS=4, or ENV=all"

setup:
	@ops/setup.sh

# The tests, and what they compare with, are for CDKTF; tests/longevity starts the fork itself.
cdktf-only:
	@for name in CDK_BINDINGS CDK_CLI; do \
		eval "value=\$${$$name:-cdktf}"; \
		[ "$$value" = cdktf ] || { echo "Error: unset $$name: this target is for cdktf; see docs/longevity.md" >&2; exit 1; }; \
	done

demo: setup ## Deploy, presign and transfer on an embedded AWS, without an account
	@$(python) -m ops demo $(ARGS)

ci-demo: setup ## Review, plan and deploy a pull request on an embedded AWS
	@$(python) -m ops ci-demo $(ARGS)

check: cdktf-only style ## Lint, type-check and run the tests that need no server process and no Terraform
	@ops/beside_types.sh $(python) -m pytest -q -m "not slow and not real" $(ARGS)

test: cdktf-only style ## Lint, type-check and run all tests but those of test-slow, test-faults, test-browser
	@ops/beside_types.sh $(python) -m pytest $(ARGS)

coverage: cdktf-only setup ## Run the tests of `make test`, and list the lines that none of them runs
	@$(python) -m pytest -q --cov --cov-report=term-missing --cov-fail-under=84 $(ARGS)

test-slow: cdktf-only setup ## Run the tests that take minutes: variants deployed, 100,000 links, Spark
	@$(python) -m pytest -m slow -n 4 --dist worksteal $(ARGS)

test-faults: cdktf-only setup ## Run the fault tests: deploys that are killed, cut off, refused
	@$(python) -m pytest -q -n 4 tests/faults $(ARGS)

test-browser: cdktf-only setup ## Run the tests in a real Chromium, which has to be installed
	@$(python) -m pytest -q tests/browser $(ARGS)

lint: style types ## Check style and types

style: setup
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .

types: setup
	@$(python) -m mypy
	@$(python) -m check_jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(python) -m check_jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@$(python) -m check_jsonschema --quiet --builtin-schema vendor.gitlab-ci examples/gitlab-ci.yml
	@$(python) -m check_jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@.venv/bin/zizmor --offline --no-progress --quiet .github

scan: setup ## Check every environment with Checkov against ops/scan/controls.toml
	@$(python) -m ops scan

benchmark: setup ## Measure presign against its peers
	@$(python) -m ops benchmark $(ARGS)

snapshots: cdktf-only setup ## Update the snapshots of the synthesized JSON
	@rm -rf tests/snapshots/__snapshots__
	@$(python) -m pytest -q tests/snapshots --snapshot-update

docs: cdktf-only setup ## Update the generated parts of docs/: most pages, and the pictures demo.svg and requests.svg
	@$(python) -m ops.pages.settings_page
	@$(python) -m ops.pages.constructs_page
	@$(python) -m ops.pages.controls_page
	@$(python) -m ops.pages.costs_page
	@$(python) -m ops.pages.guarantees_page
	@$(python) -m ops.pages.demo_cast
	@$(python) -m tests.upgrading.page
	@$(python) -m tests.policy.drawing

review-plans: cdktf-only setup ## Update the real plans that test the plan review, and their comments
	@PYTHONPATH=. $(python) tests/review/make_plans.py $(ARGS)
	@rm -rf tests/review/__snapshots__
	@$(python) -m pytest -q tests/review/test_corpus.py -k comment --snapshot-update

synth: setup ## Write Terraform JSON for every environment to cdktf.out/
	@$(python) -m ops synth $(ARGS)

prove: setup ## Show what ENV's policies guarantee for every request; ENV=all for every environment
	@$(python) -m ops prove "$$ENV" $(ARGS)

new: setup ## Write environments/ENV.toml, from a few questions
	@$(python) -m ops new "$$ENV" $(ARGS)

bootstrap: setup ## Create the bucket and the key for ENV's Terraform state
	@$(python) -m ops bootstrap "$$ENV" $(ARGS)

preflight: setup ## Check everything that a deploy of ENV needs; change nothing
	@$(python) -m ops preflight "$$ENV" $(ARGS)

plan: setup ## Show what a deploy of ENV would change
	@$(python) -m ops plan "$$ENV" $(ARGS)

review: setup ## Plan ENV and review the plan, as a pull request would show it
	@$(python) -m ops plan "$$ENV" --review $(ARGS)

deploy: setup ## Deploy ENV
	@$(python) -m ops deploy "$$ENV" $(ARGS)

ci-roles: setup ## Create the roles with which CI plans and deploys ENV
	@$(python) -m ops ci-roles "$$ENV" $(ARGS)

drift: setup ## Show what somebody changed by hand in ENV, and what got weaker
	@$(python) -m ops drift "$$ENV" $(ARGS)

destroy: setup ## Destroy what a deploy of ENV created
	@$(python) -m ops destroy "$$ENV" $(ARGS)

teardown: setup ## Remove all that bootstrap, deploy and ci-roles created of ENV
	@$(python) -m ops teardown "$$ENV" $(ARGS)

recover: setup ## After a killed deploy of ENV: release its lock, import what it created
	@$(python) -m ops recover "$$ENV" $(ARGS)

scan-existing: setup ## Have the objects of ENV scanned for malware that were there before the scan
	@$(python) -m ops scan-existing "$$ENV" $(ARGS)

sandbox: setup ## Start an embedded AWS that stays; SANDBOX=1 makes other targets use it
	@$(python) -m ops sandbox start $(ARGS)

sandbox-stop: setup ## End the sandbox; its data stays, unless ARGS=--delete-data
	@$(python) -m ops sandbox stop $(ARGS)

sandbox-env: setup ## Print variables for a shell, with which presign uses ENV in the sandbox
	@$(python) -m ops sandbox env "$$ENV" $(ARGS)

state-versions: setup ## List the versions of ENV's Terraform state
	@$(python) -m ops state versions "$$ENV" $(ARGS)

state-restore: setup ## Restore an earlier version of ENV's Terraform state
	@$(python) -m ops state restore "$$ENV" $(ARGS)

ci-environments: setup ## For CI: print the environments that a change affects, as JSON
	@$(python) -m ops ci environments $(ARGS)

ci-role: setup ## For CI: print the role for ENV that a variable of the repository names
	@$(python) -m ops ci role "$$ENV" $(ARGS)

ci-review: setup ## For CI: plan ENV and review it for pull request $PULL_REQUEST
	@$(python) -m ops ci review "$$ENV" $(ARGS)

ci-comment: setup ## For CI: write the review of ENV into a comment on $PULL_REQUEST
	@$(python) -m ops ci comment "$$ENV" $(ARGS)

ci-gate: setup ## For CI: fail if the review of ENV is dangerous and no label counts
	@$(python) -m ops ci gate "$$ENV" $(ARGS)

ci-plan: setup ## For CI, on main: plan ENV, compare with the reviews, store the plan
	@$(python) -m ops ci plan "$$ENV" $(ARGS)

ci-deploy: setup ## For CI, on main: deploy the approved plan of ENV
	@$(python) -m ops ci deploy "$$ENV" $(ARGS)

lock: setup ## Update Pipfile.lock and package-lock.json
	@ops/lock.sh

clean: ## Remove everything that the targets created, except Terraform state
	@! find "$${CDKTF_OUTPUT:-cdktf.out}" -name errored.tfstate 2>/dev/null | grep . || \
		{ echo "Error: that is the only copy of a state; make recover ENV=… saves it" >&2; exit 1; }
	@! test -x $(python) || $(python) -m ops.shared.output_lock "$${CDKTF_OUTPUT:-cdktf.out}"
	@! test -e .cache/sandbox/lock || ! test -x $(python) || $(python) -m ops sandbox stop
	@rm -rf .venv node_modules .cache cdktf.out ci-review build dist *.egg-info \
		.mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* examples/*/cdktf.out
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
