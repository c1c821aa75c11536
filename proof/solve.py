"""The only place that talks to z3; it is imported when the first question is put."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ctypes import CFUNCTYPE, c_char_p, c_int, c_uint, c_void_p, cast
from functools import cache
from types import SimpleNamespace
from typing import Any

from proof.limits import LimitError, Limits
from proof.logic import And, Formula, Not, Or, Var


class Solver:
    """Formulas that must hold, and checks of what else can hold."""

    def __init__(self, limits: Limits) -> None:
        """Begin with no formula."""
        import z3  # takes a tenth of a second

        self._z3: Any = z3
        # A context of its own: the same question then has the same answer, whatever was asked before.
        self._context = z3.Context()
        self._solver = z3.SolverFor("QF_FD", ctx=self._context)
        self._solver.set("rlimit", limits.solver)
        self._limits = limits
        self._ref = self._context.ref().value
        self._make = _expressions()
        # Holds what is made as long as there is a solver.
        self._kept = z3.AstVector(ctx=self._context)
        self._keeps = self._kept.vector.value
        self._bool = z3.Z3_mk_bool_sort(self._context.ref())
        self._vars: dict[str, int] = {}
        self._nodes: dict[int, tuple[Formula, int]] = {}
        self._names = 0

    def _node(self, formula: Formula) -> int:
        """Return z3's expression of a formula, kept as long as the solver."""
        # Kept with its formula, so that no other object takes the id.
        known = self._nodes.get(id(formula))
        if known is None:
            known = self._nodes[id(formula)] = (formula, self._keep(self._build(formula)))
        return known[1]

    def _keep(self, node: int | None) -> int:
        if node is None:
            raise MemoryError("z3 makes no expression")
        self._make.Z3_ast_vector_push(self._ref, self._keeps, node)
        return node

    def _var(self, name: str) -> int:
        if name not in self._vars:
            symbol = self._make.Z3_mk_string_symbol(self._ref, name.encode())
            self._vars[name] = self._keep(self._make.Z3_mk_const(self._ref, symbol, self._bool))
        return self._vars[name]

    def _build(self, formula: Formula) -> int | None:
        make, ref = self._make, self._ref
        made: int | None
        if isinstance(formula, (And, Or)):
            parts = list(map(self._node, formula.parts))
            function = make.Z3_mk_and if isinstance(formula, And) else make.Z3_mk_or
            made = function(ref, len(parts), (c_void_p * len(parts))(*parts))
        elif isinstance(formula, Not):
            made = make.Z3_mk_not(ref, self._node(formula.part))
        elif isinstance(formula, Var):
            made = self._var(formula.name)
        else:
            made = make.Z3_mk_true(ref) if formula else make.Z3_mk_false(ref)
        return made

    def add(self, formulas: Iterable[Formula]) -> None:
        """Let each of `formulas` hold from now on."""
        for formula in formulas:
            if formula is not True:
                self._assert(self._node(formula))

    def _assert(self, node: int) -> None:
        self._make.Z3_solver_assert(self._ref, self._solver.solver.value, node)

    def check(self, formulas: Sequence[Formula]) -> frozenset[str] | None:
        """Return the names of the variables that are true where all of `formulas` hold; None if nowhere.

        Raises:
            LimitError: it takes more than the limit of the solver.
        """
        if any(formula is False for formula in formulas):
            return None
        z3 = self._z3
        nodes = [self._switch(formula) for formula in formulas if formula is not True]
        array = (z3.Ast * len(nodes))(*nodes)
        verdict = z3.Z3_solver_check_assumptions(self._context.ref(), self._solver.solver, len(nodes), array)
        if verdict == z3.Z3_L_FALSE:
            return None
        if verdict != z3.Z3_L_TRUE:
            raise LimitError(f"the solver needs more than its limit of {self._limits.solver}")
        return self._true_in(self._solver.model())

    def _true_in(self, model: Any) -> frozenset[str]:  # noqa: ANN401
        make, ref, found = self._make, self._ref, model.model.value
        values = (
            (name, make.Z3_model_get_const_interp(ref, found, make.Z3_get_app_decl(ref, var)))
            for name, var in self._vars.items()
        )
        true = self._z3.Z3_L_TRUE
        return frozenset(
            name for name, value in values if value and make.Z3_get_bool_value(ref, value) == true
        )

    def _switch(self, formula: Formula) -> int:
        """Return a literal that stands for a formula: only literals can be assumed."""
        if isinstance(formula, Var) or (isinstance(formula, Not) and isinstance(formula.part, Var)):
            return self._node(formula)
        key = -id(formula)
        if key not in self._nodes:
            self._names += 1
            switch = self._var(f"switch {self._names}")
            self._assert(self._keep(self._make.Z3_mk_implies(self._ref, switch, self._node(formula))))
            self._nodes[key] = (formula, switch)
        return self._nodes[key][1]

    def core(self, formulas: Sequence[Var]) -> frozenset[str]:
        """Return those of the variables that the last check's "nowhere" needs."""
        wanted = {formula.name for formula in formulas}
        return frozenset(name for one in self._solver.unsat_core() if (name := one.decl().name()) in wanted)


@cache
def _expressions() -> SimpleNamespace:
    """Return z3's own functions that make and read expressions, which take and return plain addresses.

    Its Python functions, which call these, take ten times as long.
    """
    import z3

    address = c_void_p
    found = SimpleNamespace()
    for name, result, takes in (
        ("Z3_ast_vector_push", None, (address,) * 3),
        ("Z3_get_app_decl", address, (address,) * 2),
        ("Z3_get_bool_value", c_int, (address,) * 2),
        ("Z3_mk_and", address, (address, c_uint, address)),
        ("Z3_mk_const", address, (address,) * 3),
        ("Z3_mk_false", address, (address,)),
        ("Z3_mk_implies", address, (address,) * 3),
        ("Z3_mk_not", address, (address,) * 2),
        ("Z3_mk_or", address, (address, c_uint, address)),
        ("Z3_mk_string_symbol", address, (address, c_char_p)),
        ("Z3_mk_true", address, (address,)),
        ("Z3_model_get_const_interp", address, (address,) * 3),
        ("Z3_solver_assert", None, (address,) * 3),
    ):
        called = cast(getattr(z3, name).__defaults__[0].f, c_void_p).value
        setattr(found, name, CFUNCTYPE(result, *takes)(called or 0))
    return found
