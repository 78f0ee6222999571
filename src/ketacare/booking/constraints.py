"""The two models of CP-SAT (OR-tools): the best sessions of a course among the possible ones, and a day arranged anew.

Imported by ``solver`` with the first question, where the extra is installed.
"""

from collections.abc import Iterable, Mapping, Sequence

from ortools.sat.python import cp_model

from ketacare.booking.free import cheapest_of_days, hours_matter, runs, seat_all, starts_with_room
from ketacare.booking.values import KINDS, Between, Clinic, Found, Item, Kind, Nothing, Place, Pool

NO_ANSWER = Nothing(why=("No answer was found in the time given; none was proved impossible either.",))
IMPOSSIBLE = Nothing(why=("Proved: there is no way to place these sessions as asked.",))

# What a change costs when a day is arranged anew, each worth more than every smaller one of a day together.
DROPPED = 1_000_000  # no place on this day
MOVED = 10_000  # another time: the patient must be called
OTHER: Mapping[Kind, int] = {"chair": 100, "nurse": 100, "prescriber": 100}  # the patient comes as agreed


def course(
    clinic: Clinic,
    items: Sequence[Item],
    between: Sequence[Between],
    possible: Mapping[int, Mapping[int, int]],
    *,
    seconds: float,
) -> Found | Nothing:
    """The best of the possible starts of each session, as far apart as they must be."""
    tight = {pair for pair in between if pair.least_slices and hours_matter(clinic, pair, possible)}
    by_hour = {key for pair in tight for key in (pair.before, pair.after)}
    model = cp_model.CpModel()
    vars_of = {
        key: Choosing(model, clinic, starts if key in by_hour else cheapest_of_days(clinic, starts))
        for key, starts in possible.items()
    }
    for pair in between:
        before, after = vars_of[pair.before], vars_of[pair.after]
        model.add(after.day - before.day >= pair.least_days)
        if pair.most_days is not None:
            model.add(after.day - before.day <= pair.most_days)
        if pair in tight:
            model.add(after.start - before.start >= pair.least_slices)
    model.minimize(sum(one.cost for one in vars_of.values()))
    solver, answer = solved(model, seconds=seconds)
    if answer is not None:
        return answer
    picked = {key: clinic.first + solver.value(one.start) for key, one in vars_of.items()}
    return found(solver, seat_all(clinic, items, picked))


class Choosing:
    """The variables of one session of a course: its start, counted from the first slice, its day and its cost."""

    def __init__(self, model: cp_model.CpModel, clinic: Clinic, possible: Mapping[int, int]) -> None:
        starts = {start - clinic.first: cost for start, cost in possible.items()}
        days = {start: clinic.day(clinic.first + start) - int(clinic.day_number[0]) for start in starts}
        self.start = model.new_int_var_from_domain(cp_model.Domain.from_values(sorted(starts)), "")
        self.day = model.new_int_var_from_domain(cp_model.Domain.from_values(sorted(set(days.values()))), "")
        chosen = {start: model.new_bool_var("") for start in starts}
        on = {day: model.new_bool_var("") for day in set(days.values())}
        model.add_exactly_one(chosen.values())
        model.add_exactly_one(on.values())
        for day, one in on.items():
            model.add(sum(chosen[start] for start in starts if days[start] == day) == one)
        model.add(self.day == sum(day * one for day, one in on.items()))
        model.add(self.start == sum(start * one for start, one in chosen.items()))
        self.cost = sum(cost * chosen[start] for start, cost in starts.items())


def day(clinic: Clinic, items: Sequence[Item], *, seconds: float) -> Found | Nothing:
    """The arrangement of a day with the cheapest changes."""
    model, cost = cp_model.CpModel(), []
    vars_of = {item.key: Placing(model, clinic, item, cost) for item in items}
    for pool in clinic.pools:
        share(model, clinic, pool, [(item, vars_of[item.key]) for item in items])
    model.minimize(sum(cost))
    solver, answer = solved(model, seconds=seconds)
    if answer is not None:
        return answer
    places = {key: one.place(solver) for key, one in vars_of.items() if not solver.value(one.dropped)}
    return found(solver, places, dropped=frozenset(vars_of) - frozenset(places))


class Placing:
    """The variables of one item of a day: its start, whether it is dropped, and its chair, nurse and prescriber."""

    def __init__(self, model: cp_model.CpModel, clinic: Clinic, item: Item, cost: list[object]) -> None:
        self.item = item
        candidates = sorted(item.costs)
        self.start = model.new_int_var_from_domain(cp_model.Domain.from_values(candidates), "")
        self.dropped = model.new_bool_var("")
        cost.append(DROPPED * self.dropped)
        self.has: dict[Kind, dict[int, object]] = {kind: {} for kind in KINDS}
        for kind in KINDS:
            for pool in clinic.of(kind):
                self._may_have(model, clinic, pool, candidates)
            model.add_exactly_one([*self.has[kind].values(), self.dropped])
        self._costs(model, cost)

    def _may_have(self, model: cp_model.CpModel, clinic: Clinic, pool: Pool, candidates: Sequence[int]) -> None:
        """The item may have this pool where it has room, from each start on."""
        if self.item.stays_in.get(pool.kind, pool.id) != pool.id:
            return
        room = starts_with_room(pool, self.item.length)
        fits = [start for start in candidates if room[start - clinic.first]]
        if fits:
            literal = self.has[pool.kind][pool.id] = model.new_bool_var("")
            model.add_linear_expression_in_domain(self.start, cp_model.Domain.from_values(fits)).only_enforce_if(
                literal
            )

    def _costs(self, model: cp_model.CpModel, cost: list[object]) -> None:
        """What differs from now costs; how far it is moved costs least."""
        now, last = self.item.now, max(self.item.costs.values(), default=0)
        moved, far = model.new_bool_var(""), model.new_int_var(0, last, "")
        model.add(self.start == now.start).only_enforce_if(~moved)
        model.add_abs_equality(far, self.start - now.start)
        cost += [MOVED * moved, far]
        for kind in KINDS:
            cost += [OTHER[kind] * one for pool, one in self.has[kind].items() if pool != now.of(kind)]

    def place(self, solver: cp_model.CpSolver) -> Place:
        """Where it was placed."""
        of = {kind: next(pool for pool, one in self.has[kind].items() if solver.value(one)) for kind in KINDS}
        return Place(start=solver.value(self.start), **of)


def share(model: cp_model.CpModel, clinic: Clinic, pool: Pool, items: Iterable[tuple[Item, Placing]]) -> None:
    """The items that have a pool never exceed what it holds beside what is taken already."""
    optional = [
        model.new_optional_fixed_size_interval_var(one.start, item.length, one.has[pool.kind][pool.id], "")
        for item, one in items
        if pool.id in one.has[pool.kind]
    ]
    if not optional:
        return
    taken = list(runs(pool.holds - pool.room))
    fixed = [model.new_fixed_size_interval_var(clinic.first + begin, size, "") for begin, size, _ in taken]
    model.add_cumulative([*optional, *fixed], [1] * len(optional) + [used for *_, used in taken], pool.holds)


def solved(model: cp_model.CpModel, *, seconds: float) -> tuple[cp_model.CpSolver, Nothing | None]:
    """Solve, the same way every time; what is not an answer is told as such."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.cp_model_probing_level = 0  # takes longer here than the search itself
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return solver, IMPOSSIBLE
    return solver, None if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else NO_ANSWER


def found(solver: cp_model.CpSolver, places: Mapping[int, Place], dropped: frozenset[int] = frozenset()) -> Found:
    """The answer with its cost and how good it is."""
    cost, bound = round(solver.objective_value), round(solver.best_objective_bound)
    return Found(places=places, dropped=dropped, cost=cost, bound=bound, is_optimal=cost <= bound)
