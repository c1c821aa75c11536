"""The only place that talks to z3; it is imported when the first question is put."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from proof.limits import LimitError, Limits
from proof.logic import And, Formula, Not, Var


class Solver:
    """Formulas that must hold, and checks of what can hold besides."""

    def __init__(self, limits: Limits) -> None:
        """Begin with no formula."""
        import z3  # takes a tenth of a second

        self._z3: Any = z3
        # A context of its own: the same question then has the same answer, whatever was asked before.
        self._context = z3.Context()
        self._solver = z3.SolverFor("QF_FD", ctx=self._context)
        self._solver.set("rlimit", limits.solver)
        self._limits = limits
        self._ref = self._context.ref()
        self._kept: list[Any] = []
        self._bool = z3.Z3_mk_bool_sort(self._ref)
        self._vars: dict[str, Any] = {}
        self._nodes: dict[int, tuple[Formula, Any]] = {}
        self._names = 0

    def _node(self, formula: Formula) -> Any:  # noqa: ANN401  z3 has no types
        """Return z3's expression of a formula, kept as long as the solver."""
        if isinstance(formula, Var):
            return self._var(formula.name)
        # Kept with its formula, so that no other object takes the id.
        known = self._nodes.get(id(formula))
        if known is None:
            known = self._nodes[id(formula)] = (formula, self._keep(self._build(formula)))
        return known[1]

    def _keep(self, node: Any) -> Any:  # noqa: ANN401
        # Straight to z3's C functions: its Python classes take ten times as long.
        self._z3.Z3_inc_ref(self._ref, node)
        self._kept.append(node)
        return node

    def __del__(self) -> None:
        """Give back what z3 has kept."""
        for node in self.__dict__.get("_kept", ()):
            self._z3.Z3_dec_ref(self._ref, node)

    def _var(self, name: str) -> Any:  # noqa: ANN401
        if name not in self._vars:
            z3, ref = self._z3, self._ref
            symbol = z3.Z3_mk_string_symbol(ref, name)
            self._vars[name] = self._keep(z3.Z3_mk_const(ref, symbol, self._bool))
        return self._vars[name]

    def _build(self, formula: Formula) -> Any:  # noqa: ANN401
        z3, ref = self._z3, self._ref
        if isinstance(formula, bool):
            return z3.Z3_mk_true(ref) if formula else z3.Z3_mk_false(ref)
        if isinstance(formula, Not):
            return z3.Z3_mk_not(ref, self._node(formula.part))
        if isinstance(formula, Var):
            return self._var(formula.name)
        parts = [self._node(part) for part in formula.parts]
        make = z3.Z3_mk_and if isinstance(formula, And) else z3.Z3_mk_or
        return make(ref, len(parts), (z3.Ast * len(parts))(*parts))

    def add(self, formulas: Iterable[Formula]) -> None:
        """Let each of `formulas` hold from now on."""
        for formula in formulas:
            if formula is not True:
                self._assert(self._node(formula))

    def _assert(self, node: Any) -> None:  # noqa: ANN401
        self._z3.Z3_solver_assert(self._ref, self._solver.solver, node)

    def check(self, formulas: Sequence[Formula]) -> frozenset[str] | None:
        """Return the names of the variables that are true where all of `formulas` hold; None if nowhere.

        Raises:
            LimitError: it takes more than the limit of the solver.
        """
        if any(formula is False for formula in formulas):
            return None
        z3, ref = self._z3, self._ref
        nodes = [self._switch(formula) for formula in formulas if formula is not True]
        array = (z3.Ast * len(nodes))(*nodes)
        verdict = z3.Z3_solver_check_assumptions(ref, self._solver.solver, len(nodes), array)
        if verdict == z3.Z3_L_FALSE:
            return None
        if verdict != z3.Z3_L_TRUE:
            raise LimitError(f"the solver needs more than its limit of {self._limits.solver}")
        return self._true_in(self._solver.model())

    def _true_in(self, model: Any) -> frozenset[str]:  # noqa: ANN401
        z3, context = self._z3, self._ref
        found = set()
        for name, var in self._vars.items():
            value = z3.Z3_model_get_const_interp(context, model.model, z3.Z3_get_app_decl(context, var))
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
            switch = self._var(f"switch {self._names}")
            self._assert(self._keep(self._z3.Z3_mk_implies(self._ref, switch, self._node(formula))))
            self._nodes[key] = (formula, switch)
        return self._nodes[key][1]

    def core(self, formulas: Sequence[Var]) -> frozenset[str]:
        """Return those of the variables that the last check's "nowhere" needs."""
        wanted = {formula.name for formula in formulas}
        return frozenset(name for one in self._solver.unsat_core() if (name := one.decl().name()) in wanted)
