"""The steps of a migration that change values of vocabularies: rename, merge, split, remove."""

from stancebank.schema.steps import (
    VOCABULARY_PLACES,
    Act,
    FieldShape,
    Json,
    Outcome,
    Row,
    Shape,
    Step,
    TakeFault,
    UndecidedError,
)
from stancebank.schema.vocabularies import OWN


class ValueStep(Step):
    """Changes values of a vocabulary, wherever they stand."""

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name = self.table["vocabulary"]
        if name not in shape.values:
            fault(f"there is no vocabulary {name!r} here; there are: {', '.join(sorted(shape.values))}.")
            return
        self.former = list(shape.values[name])
        users = shape.users(name)
        for level, key in users:
            if (level, key) in shape.asked:
                fault(f"step {shape.asked[level, key]} asks for {key}; put this step before that one.")
        for each in self._goes():
            if each not in shape.values[name]:
                likely = ", ".join(shape.values[name])
                fault(f"{name} has no value {each!r} here; there are: {likely}.")
            elif each in OWN.get(name, ()):
                fault(f"the toolkit itself uses the value {each!r} of {name}: it has to stay.")
        self.acts = [Act(level, (key,), (key,)) for level, key in users]
        self.dates = {act for act in self.acts if shape.fields[act.where][act.takes[0]].kind == "date"}
        place = VOCABULARY_PLACES.get(name)
        if place is not None:
            self.acts.append(Act(place[0], (place[1],), (place[1],)))
        if self.question is not None and place is not None:
            fault(f"{name} is no vocabulary of fields alone, so that nobody can be asked: give a rule, or merge.")
        if self.archives and (place is not None or self.dates):
            fault(f"what has a value of {name} cannot do without: give a rule, or merge.")
        if self.archives:
            for level, key in users:
                there = goal.fields[level].get(key)
                if there and there.required and there.default is None:
                    fault(f"{key} is required, so that it cannot be left empty: `ask` instead of `archive`.")
        if not self.acts:
            fault(f"no field has values of {name}: nothing has to be done.")
        self._revalue(shape, name, fault)
        for level, key in users:
            default = shape.fields[level][key].default
            if default is not None and default in self._goes():
                self._redefault(shape, level, key, default, fault)
        if self.question is not None:
            shape.asked |= dict.fromkeys(users, self.number)

    def _goes(self) -> list[str]:
        """Return the values that the step takes away."""
        return [self.table["value"]]

    def _revalue(self, shape: Shape, name: str, fault: TakeFault) -> None:
        """Change the values of the vocabulary."""
        raise NotImplementedError

    def _redefault(self, shape: Shape, level: str, key: str, default: str, fault: TakeFault) -> None:
        """Say what becomes of a field that is left out and stands for a value that goes."""
        fault(f"{key} is {default!r} where it is left out: fill it first, by a step add-field with this value.")

    def _value(self, value: str, row: Row) -> str:
        """Return what becomes of a value that goes. Raises UndecidedError where no rule says it."""
        raise NotImplementedError

    def _former_value(self, value: str) -> str:
        """Return what a value likely was."""
        return value

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        key = act.takes[0]
        held = old.get(key)
        value = held.get("basis") if act in self.dates and isinstance(held, dict) else held
        if value not in self._goes():
            return None
        new = self._value(value, row)
        return Outcome({key: {**held, "basis": new} if act in self.dates and isinstance(held, dict) else new})

    def _revert(self, act: Act, new: Json) -> Json:
        if not new:
            return {}
        key = act.takes[0]
        held = new[key]
        if act in self.dates and isinstance(held, dict):
            return {key: {**held, "basis": self._former_value(held["basis"])}}
        return {key: self._former_value(held)}


class RenameValue(ValueStep):
    """Gives a value another name."""

    do = "rename-value"

    def _revalue(self, shape: Shape, name: str, fault: TakeFault) -> None:
        value, to = self.table["value"], self.table["to"]
        if to in shape.values[name]:
            fault(f"{name} has a value {to!r} already: use merge-values.")
        shape.values[name] = [to if each == value else each for each in shape.values[name]]

    def _redefault(self, shape: Shape, level: str, key: str, default: str, fault: TakeFault) -> None:
        old = shape.fields[level][key]
        shape.fields[level][key] = FieldShape(old.kind, old.vocabulary, old.required, self.table["to"])

    def _value(self, value: str, row: Row) -> str:
        return str(self.table["to"])

    def _former_value(self, value: str) -> str:
        return str(self.table["value"]) if value == self.table["to"] else value

    def _describe(self) -> str:
        return f"{self.table['vocabulary']} {self.table['value']} is called {self.table['to']}"


class MergeValues(RenameValue):
    """Makes one value of several."""

    do = "merge-values"

    def _goes(self) -> list[str]:
        return [each for each in self.table["values"] if each != self.table["to"]]

    def _revalue(self, shape: Shape, name: str, fault: TakeFault) -> None:
        to, values = self.table["to"], self.table["values"]
        if len(set(values)) < len(values) or not self._goes():
            fault("`values` names values that become another one, each once.")
        kept = [to if each == values[0] else each for each in shape.values[name] if each not in (*values[1:], to)]
        shape.values[name] = kept if to in kept else [*kept, to]

    def _former_value(self, value: str) -> str:
        return str(self.table["values"][0]) if value == self.table["to"] and value not in self.former else value

    def _describe(self) -> str:
        return f"{self.table['vocabulary']} {', '.join(self._goes())}: now {self.table['to']}"


class SplitValue(ValueStep):
    """Makes several values of one, by rules on other fields, or by answers."""

    do = "split-value"

    def _revalue(self, shape: Shape, name: str, fault: TakeFault) -> None:
        value, to = self.table["value"], self.table["to"]
        for rule in self.table.get("rules", ()):
            if rule["to"] not in to:
                fault(f"a rule gives {rule['to']!r}, which is not in `to`.")
            for known in rule["when"]:
                above, _, key = known.rpartition(".")
                for act in self.acts:
                    level = above or act.where
                    is_level = level in shape.fields and act.where in shape.fields
                    if is_level and key not in shape.fields[level] and key not in ("role", "id"):
                        fault(f"`when` names {known!r}; a {level} has no such field.")
        if not self.table.keys() & {"ask", "archive", "otherwise"}:
            fault("say what becomes of rows that no rule decides: `otherwise`, `ask`, or `archive = true`.")
        if self.table.get("otherwise", to[0]) not in to:
            fault(f"`otherwise` gives {self.table['otherwise']!r}, which is not in `to`.")
        if len(set(to)) < 2:
            fault("`to` lists at least two values.")
        kept = [each for each in shape.values[name] if each != value]
        shape.values[name] = [*kept, *(each for each in to if each not in kept)]

    def _value(self, value: str, row: Row) -> str:
        for rule in self.table.get("rules", ()):
            if self.fits(rule["when"], row):
                return str(rule["to"])
        if "otherwise" in self.table:
            return str(self.table["otherwise"])
        raise UndecidedError

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        change = super()._decide(act, old, row)
        return None if change is not None and change.new == old else change

    def _former_value(self, value: str) -> str:
        return str(self.table["value"]) if value in self.table["to"] and value not in self.former else value

    def _describe(self) -> str:
        return f"{self.table['vocabulary']} {self.table['value']} is split into {', '.join(self.table['to'])}"


class RemoveValue(ValueStep):
    """Takes a value away: what had it is asked again, or left empty."""

    do = "remove-value"

    def _revalue(self, shape: Shape, name: str, fault: TakeFault) -> None:
        if self.question is None and not self.archives:
            fault("say what becomes of rows that have it: `ask` or `archive = true`; or use merge-values.")
        shape.values[name] = [each for each in shape.values[name] if each != self.table["value"]]

    def _value(self, value: str, row: Row) -> str:
        raise UndecidedError

    def _describe(self) -> str:
        return f"{self.table['vocabulary']} {self.table['value']} is removed"
