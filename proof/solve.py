"""The only place that talks to z3; it is imported when the first question is put."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from proof.limits import LimitError, Limits
from proof.logic import And, Formula, Not, Or, Var


class Solver:
    """Formulas that must hold, and checks of what can hold besides."""

    def __init__(self, limits: Limits) -> None:
        """Begin with no formula."""
        import z3  # takes a tenth of a second

        self._z3: Any = z3
        self._context = z3.Context()
        self._solver = z3.SolverFor("QF_FD", ctx=self._context)
        self._solver.set("rlimit", limits.solver)
        self._limits = limits
        self._vars: dict[str, Any] = {}
        self._nodes: dict[int, tuple[Formula, Any]] = {}
        self._names = 0

    def _node(self, formula: Formula) -> Any:  # noqa: ANN401  z3 has no types
        if isinstance(formula, bool):
            return self._z3.BoolVal(formula, self._context)
        if isinstance(formula, Var):
            return self._var(formula.name)
        # Kept with its formula, so that no other object takes the id.
        known = self._nodes.get(id(formula))
        if known is None:
            known = self._nodes[id(formula)] = (formula, self._build(formula))
        return known[1]

    def _var(self, name: str) -> Any:  # noqa: ANN401
        if name not in self._vars:
            self._vars[name] = self._z3.Bool(name, self._context)
        return self._vars[name]

    def _build(self, formula: Not | And | Or) -> Any:  # noqa: ANN401
        z3, context = self._z3, self._context
        if isinstance(formula, Not):
            return z3.BoolRef(z3.Z3_mk_not(context.ref(), self._node(formula.part).ast), context)
        parts = [self._node(part) for part in formula.parts]
        array = (z3.Ast * len(parts))(*(part.ast for part in parts))
        make = z3.Z3_mk_and if isinstance(formula, And) else z3.Z3_mk_or
        return z3.BoolRef(make(context.ref(), len(parts), array), context)

    def add(self, formulas: Iterable[Formula]) -> None:
        """Let each of `formulas` hold from now on."""
        for formula in formulas:
            if formula is not True:
                self._solver.add(self._node(formula))

    def check(self, formulas: Sequence[Formula]) -> frozenset[str] | None:
        """Return the names of the variables that are true where all of `formulas` hold; None if nowhere.

        Raises:
            LimitError: it takes more than the limit of the solver.
        """
        if any(formula is False for formula in formulas):
            return None
        verdict = self._solver.check([self._switch(formula) for formula in formulas if formula is not True])
        if verdict == self._z3.unsat:
            return None
        if verdict != self._z3.sat:
            raise LimitError(f"the solver needs more than its limit of {self._limits.solver}")
        return self._true_in(self._solver.model())

    def _true_in(self, model: Any) -> frozenset[str]:  # noqa: ANN401
        z3, context = self._z3, self._context.ref()
        found = set()
        for name, var in self._vars.items():
            value = z3.Z3_model_get_const_interp(context, model.model, z3.Z3_get_app_decl(context, var.ast))
            if value and z3.Z3_get_bool_value(context, value) == z3.Z3_L_TRUE:
                found.add(name)
        return frozenset(found)

    def _switch(self, formula: Formula) -> Any:  # noqa: ANN401
        """Return a literal that stands for a formula: only literals can be assumed."""
        if isinstance(formula, Var) or (isinstance(formula, Not) and isinstance(formula.part, Var)):
            return self._node(formula)
        key = -id(formula)
        if key not in self._nodes:
            self._names += 1
            switch = self._z3.Bool(f"switch {self._names}", self._context)
            self._solver.add(self._z3.Implies(switch, self._node(formula)))
            self._nodes[key] = (formula, switch)
        return self._nodes[key][1]

    def core(self, formulas: Sequence[Var]) -> frozenset[str]:
        """Return those of the variables that the last check's "nowhere" needs."""
        wanted = {formula.name for formula in formulas}
        return frozenset(name for one in self._solver.unsat_core() if (name := one.decl().name()) in wanted)
