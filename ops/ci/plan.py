"""Plans the main branch. The plan is deployed if its changes were reviewed and somebody approves it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.ci.compare import effects, unreviewed
from ops.ci.git import changed_judges
from ops.ci.label import LABEL, NOT_ALLOWED
from ops.ci.manifest import PLAN_FILES, REVIEW, SUMMARY, Manifest, digests_of
from ops.ci.merged import MergedReviews, dangers_of, deployed_commit, merged_reviews
from ops.ci.review import judges_note
from ops.ci.reviewed_plan import ReviewedPlan, plan_commit
from ops.ci.runner import write_output, write_summary
from ops.ci.store import PlanStore
from ops.shared.errors import OpsError
from review.model import DANGEROUS
from review.render.escape import sentence
from review.render.markdown import markdown

MOST_DIFFERENCES = 5
"""How many an error line names; the summary has all."""

SUMMARY_LIMIT = 500_000
"""Characters of the summary; GitHub takes 1 MiB of a step."""


@dataclass(frozen=True)
class Judgement:
    """Whether a plan of the main branch may go to approval.

    Attributes:
        refusals: why not.
        status: the exit status where there are any.
        allowed_by: the pull requests whose label lets a dangerous plan through.
    """

    refusals: tuple[str, ...] = ()
    status: int = 1
    allowed_by: tuple[int, ...] = ()


def run_plan(environment: str, *, checked: bool, numbers: Sequence[int], allowed: bool) -> None:
    """Plan an environment on the main branch, compare the plan with what was reviewed, and store it.

    The review goes into the job's summary, whatever the comparison says. The plan is stored, and its digest
    handed to the next job, only where nothing is refused and there is something to deploy.

    Args:
        environment: its name.
        checked: run the preflight first.
        numbers: without GitHub, the pull requests that were merged since the last deploy.
        allowed: let a dangerous plan through without a label.

    Raises:
        OpsError: something in it was not reviewed or not allowed, a check failed, or Terraform did.
    """
    made = plan_commit(environment, checked=checked)
    store = PlanStore(made.settings)
    since = deployed_commit(store)
    merged = merged_reviews(made.settings, store, since, numbers)
    judgement = judge(made, merged, allowed=allowed)
    note = "" if since is None else judges_note(changed_judges(since), "what is deployed here")
    summary = _summary(made, merged, judgement, note)
    files = {**made.files, SUMMARY: summary.encode()}
    files = {name: files[name] for name in PLAN_FILES}
    manifest = Manifest(
        environment=environment,
        stack=made.stack,
        commit=made.of.commit,
        tree=made.of.tree,
        state=made.state,
        terraform_version=made.terraform_version,
        verdict=made.review.verdict,
        allowed_by=judgement.allowed_by,
        files=digests_of(files),
    )
    write_summary(f"{summary}\nThe digest of this plan is `{manifest.digest}`.")
    if judgement.refusals:
        raise OpsError(_error(environment, judgement), status=judgement.status)
    print(made.review.headline)
    if made.review.verdict == "no changes" and made.same_configuration:
        print(f"✓ {made.stack} is deployed as it is at {made.of.commit}: there is nothing to deploy")
        return
    where = store.keep_plan(manifest, files)
    write_output("digest", manifest.digest)
    print(f"✓ planned {made.stack} at {made.of.commit}: {where}/")


def judge(made: ReviewedPlan, merged: MergedReviews, *, allowed: bool) -> Judgement:
    """Compare a plan with the reviews of what was merged, and ask for labels where it is dangerous."""
    missing = unreviewed(made.planned, [one.planned for one in merged.reviews])
    if missing:
        return Judgement((*missing, *merged.problems))
    if made.review.verdict != DANGEROUS or allowed:
        return Judgement()
    return _allowed(made, merged)


def _allowed(made: ReviewedPlan, merged: MergedReviews) -> Judgement:
    """Return whether labels allow each danger."""
    problems = {one.number: one.label_problem() for one in merged.reviews if one.dangers}
    allowing: set[int] = set()
    for danger in sorted(dangers_of(made.files[REVIEW])):
        reporting = [one for one in merged.reviews if danger in one.dangers]
        if not reporting:
            said = ": ".join(filter(None, danger))
            return Judgement((f"it is dangerous, and no review says that {said}", *merged.problems))
        good = [one.number for one in reporting if problems[one.number] is None]
        if not good:
            return Judgement((f"it is dangerous, and {problems[reporting[0].number]}",), NOT_ALLOWED)
        allowing.add(good[0])
    return Judgement(allowed_by=tuple(sorted(allowing)))


def _error(environment: str, judgement: Judgement) -> str:
    shown, more = judgement.refusals[:MOST_DIFFERENCES], len(judgement.refusals) - MOST_DIFFERENCES
    listed = "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
    remedy = "a pull request with an empty commit plans all of it again"
    if judgement.status == NOT_ALLOWED:
        remedy = "then run this job again"
    return f"the plan of {environment} is not what was reviewed and allowed: {listed}; {remedy}"


def _summary(made: ReviewedPlan, merged: MergedReviews, judgement: Judgement, note: str) -> str:
    """Return what the approver reads, in Markdown."""
    title, rest = markdown(made.review, limit=SUMMARY_LIMIT).split("\n", 1)
    said = judgement.refusals or merged.problems
    return "\n".join(
        [
            f"{title}\n\n{note}`{made.stack}` at commit {made.of.commit}. "
            f"{_compared(made, merged, judgement)}\n",
            *(f"- {sentence(one)}" for one in said),
            rest,
        ]
    )


def _compared(made: ReviewedPlan, merged: MergedReviews, judgement: Judgement) -> str:
    if judgement.refusals:
        return "**It is not deployed, as this was not reviewed or not allowed:**"
    found = effects(made.planned)
    if not found:
        return "It changes nothing."
    words = " Of values that are known only after apply, the configuration was reviewed."
    unknown = words if any(one.made for one in found) else ""
    reviews = ", ".join(f"#{one.number}" for one in merged.reviews)
    labels = ", ".join(f"#{number}" for number in judgement.allowed_by)
    return f"Each change was reviewed in one of these: {reviews}.{unknown}" + (
        f" What is dangerous was allowed by the label `{LABEL}` of {labels}." if labels else ""
    )
