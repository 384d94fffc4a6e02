"""The steps of a migration that change fields: rename, remove, add, another kind, merge, split."""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from stancebank.schema.fields import Kind
from stancebank.schema.steps import (
    Act,
    FieldShape,
    Json,
    Outcome,
    Row,
    Shape,
    Step,
    TakeFault,
    UndecidedError,
    is_value,
    word,
)


class RenameField(Step):
    """Gives a field another name."""

    do = "rename-field"
    keeps = False

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name, to = self.table["field"], self.table["to"]
        found = self._field(shape, name, fault)
        if found is None:
            return
        if found.kind == "frame":
            fault(f"{name} is a part of the frame, which has no other name.")
        elif to in shape.fields[self.level]:
            fault(f"a {self.level} has a field {to!r} already.")
        else:
            fields = shape.fields[self.level]
            shape.fields[self.level] = {to if key == name else key: value for key, value in fields.items()}
            if (self.level, name) in shape.asked:
                shape.asked[self.level, to] = shape.asked.pop((self.level, name))
        self.acts = [Act(self.level, (name,), (to,))]

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        return Outcome({act.gives[0]: old[act.takes[0]]}) if old else None

    def _revert(self, act: Act, new: Json) -> Json:
        return {act.takes[0]: new[act.gives[0]]} if new else {}

    def _describe(self) -> str:
        return f"{self.level} field {self.table['field']} is called {self.table['to']}"


class RemoveField(Step):
    """Takes a field away; the archive keeps what it held."""

    do = "remove-field"

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name = self.table["field"]
        if self._field(shape, name, fault) is not None:
            del shape.fields[self.level][name]
            if self.level == "statement" and name == "conditions":
                shape.fields["condition"] = {}
        self.acts = [Act(self.level, (name,), ())]

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        return Outcome({}) if old else None

    def _revert(self, act: Act, new: Json) -> Json:
        return {}

    def _describe(self) -> str:
        return f"{self.level} field {self.table['field']} is removed"


class AddField(Step):
    """Fills a field where a row has none: with a constant, by a table from another field, or with an answer."""

    do = "add-field"

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name, table = self.table["field"], self.table
        here, there = shape.fields[self.level].get(name), goal.fields[self.level].get(name)
        self.is_new = here is None
        self.is_required = there is not None and there.required
        self.fills = not self.is_new
        self.empty: str | bool | None = None
        self.acts = [Act(self.level, (name,), (name,))]
        found = here or there
        if found is None or found.kind == "frame":
            fault(f"the new scheme has no field {name!r} of a {self.level}.")
            return
        if not {"value", "derive", "ask"} & table.keys():
            fault(f"say what {name} holds: `value`, `derive` with a `map`, or `ask`.")
        if "value" in table and "derive" in table:
            fault("`value` and `derive` exclude one another.")
        decided = {"map", "otherwise"} & table.keys()
        if bool(decided) != ("derive" in table) and not ("derive" in table and "ask" in table):
            fault("`derive` goes with a `map`, and perhaps `otherwise`; or with `ask`.")
        values = {*shape.values.get(found.vocabulary or "", ()), *goal.values.get(found.vocabulary or "", ())}
        given = [table[key] for key in ("value", "otherwise") if key in table] + list(table.get("map", {}).values())
        for value in given:
            if not is_value(found.kind, value, values):
                fault(f"{value!r} is no value of {name}, a field of the kind {found.kind}.")
        if "derive" in table:
            above, _, source = table["derive"].rpartition(".")
            if source not in shape.fields.get(above or self.level, {}):
                fault(f"`derive` names {source!r}; a {above or self.level} has no such field here.")
        if found.vocabulary and found.vocabulary not in shape.values:
            shape.values[found.vocabulary] = list(goal.values.get(found.vocabulary, ()))
        self.empty = there.default if there and self.is_new else None
        if self.is_new and there and there.kind == "flag":
            self.empty = False
        is_filled = "value" in table or "otherwise" in table or "ask" in table
        if here is not None:
            here = FieldShape(here.kind, here.vocabulary, is_filled or here.required, None)
        shape.fields[self.level][name] = here or FieldShape(
            found.kind, found.vocabulary, is_filled, None if is_filled else found.default
        )
        self._ask(shape, self.level, [name])

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        if old:
            return None
        name = act.gives[0]
        if "value" in self.table:
            return self._given(name, self.table["value"])
        if "derive" in self.table:
            source = self.look(row, self.table["derive"])
            if source is not None and word(source) in self.table.get("map", {}):
                return self._given(name, self.table["map"][word(source)])
            if "otherwise" in self.table:
                return self._given(name, self.table["otherwise"])
            if source is None and not self.is_required:
                return None  # of nothing, nothing is asked
        if self.question is not None:
            return Outcome({}, (name,))
        return None

    def _given(self, name: str, value: Any) -> Outcome:
        """Return a value, or nothing where it is what the field says anyway when it is left out."""
        return Outcome({} if value == self.empty and value is not None else {name: value})

    def _revert(self, act: Act, new: Json) -> Json:
        return {} if self.is_new else new

    def _describe(self) -> str:
        how = "by an answer" if self.table.keys() & {"value", "derive"} == set() else "by a rule"
        return f"{self.level} field {self.table['field']} is filled {how}"


_WIDENED: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("entity", "entities"): lambda value: [value],
    ("entity", "mentions"): lambda value: [{"entity": value}],
    ("entities", "mentions"): lambda value: [{"entity": each} for each in value],
    ("target", "targets"): lambda value: [value],
    ("span", "spans"): lambda value: [value],
    ("vocabulary", "text"): str,
    ("entity", "text"): str,
    ("target", "text"): str,
}
"""Changes of kind that lose nothing, whatever the value."""


def _only(value: Any) -> Any:
    if len(value) != 1:
        raise UndecidedError
    return value[0]


def _bare(value: Any) -> Any:
    if any(each.keys() != {"entity"} for each in value):
        raise UndecidedError
    return [each["entity"] for each in value]


_NARROWED: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("entities", "entity"): _only,
    ("targets", "target"): _only,
    ("spans", "span"): _only,
    ("mentions", "entities"): _bare,
    ("mentions", "entity"): lambda value: _only(_bare(value)),
}
"""Changes of kind that lose nothing for some values; they raise UndecidedError for the others."""


class ChangeKind(Step):
    """Lets a field hold something else: by itself where nothing is lost, else by a table."""

    do = "change-kind"

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name, to, table = self.table["field"], self.table["to"], self.table
        self.acts = [Act(self.level, (name,), (name,))]
        self.old = self.new = FieldShape(to)
        self.values: list[str] = []
        self.former: list[str] = []
        found = self._field(shape, name, fault)
        if to not in get_args(Kind):
            fault(f"{to!r} is no kind of field; there are: {', '.join(get_args(Kind))}.")
            return
        if found is None or found.kind == "frame":
            return
        there = goal.fields[self.level].get(name)
        vocabulary = table.get("vocabulary") or (there.vocabulary if there and there.kind == to else None)
        if to in ("vocabulary", "date") and not vocabulary:
            fault(f"say of which `vocabulary` {name} is.")
        self.values = list(goal.values.get(vocabulary or "", ()))
        self.former = list(shape.values.get(found.vocabulary or "", ()))
        for value in table.get("map", {}).values():
            if not is_value(to, value, self.values):
                fault(f"{value!r} is no value of a field of the kind {to}.")
        surely = (found.kind, to) in _WIDENED
        if not surely and not table.keys() & {"map", "ask", "archive"}:
            fault(f"nothing says how {found.kind} becomes {to}: give a `map`, `ask`, or `archive = true`.")
        self.fills = found.kind == "flag"
        self.old, self.new = found, FieldShape(to, vocabulary, found.required, None)
        if vocabulary and vocabulary not in shape.values:
            shape.values[vocabulary] = list(self.values)
        if self.archives and there and there.required and there.default is None:
            fault(f"{name} is required, so that it cannot be left empty: `ask` instead of `archive`.")
        shape.fields[self.level][name] = self.new
        self._ask(shape, self.level, [name])

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        name = act.gives[0]
        if not old and self.old.kind == "flag" and "false" in self.table.get("map", {}):
            old = {name: False}  # which a flag says that is left out
        if not old:
            return None
        return Outcome({name: self._converted(old[name], self.old.kind, self.new.kind, self.values)})

    def _converted(self, value: Any, one: str, two: str, values: list[str]) -> Any:
        table = self.table.get("map", {}) if two == self.new.kind else {}
        if not isinstance(value, list | dict) and word(value) in table:
            return table[word(value)]
        for known in (_WIDENED, _NARROWED):
            if (one, two) in known:
                return known[one, two](value)
        if two == "vocabulary" and value in values:
            return value
        raise UndecidedError

    def _revert(self, act: Act, new: Json) -> Json:
        if not new:
            return {}
        name = act.takes[0]
        value = new[name]
        former = [key for key, each in self.table.get("map", {}).items() if each == value]
        if former and self.old.kind in ("vocabulary", "text", "entity", "target"):
            return {name: former[0]}
        if former and self.old.kind == "flag":
            return {name: former[0] == "true"}
        try:
            return {name: self._back(value)}
        except UndecidedError:
            return {}

    def _back(self, value: Any) -> Any:
        for known in (_WIDENED, _NARROWED):
            if (self.new.kind, self.old.kind) in known:
                return known[self.new.kind, self.old.kind](value)
        if self.old.kind == "vocabulary" and value in self.former:
            return value
        if self.new.kind == "text" and self.old.kind in ("entity", "target"):
            return value
        raise UndecidedError

    def _describe(self) -> str:
        return f"{self.level} field {self.table['field']} holds {self.table['to']}"


class MergeFields(Step):
    """Makes one field of several."""

    do = "merge-fields"

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        names, to = self.table["fields"], self.table["to"]
        self.acts = [Act(self.level, tuple(names), (to,))]
        found = [self._field(shape, name, fault) for name in names]
        there = goal.fields[self.level].get(to)
        if to in shape.fields[self.level] and to not in names:
            fault(f"a {self.level} has a field {to!r} already: name it among `fields`.")
        if len(set(names)) < 2 or len(set(names)) < len(names):
            fault("`fields` names at least two fields, each once.")
        self.kinds = {name: each.kind for name, each in zip(names, found, strict=True) if each is not None}
        if len(self.kinds) < len(names):
            return
        made = there or next(each for each in found if each is not None)
        self.kind = made.kind
        if made.kind == "frame" or "frame" in self.kinds.values():
            fault("parts of the frame cannot be merged.")
        if self.table.get("join") is not None and made.kind != "text":
            fault("`join` puts texts together.")
        if len(set(self.kinds.values())) > 1 and not self.table.keys() & {"map", "ask", "archive"}:
            fault("the fields are of several kinds: give a `map`, `ask`, or `archive = true`.")
        values = goal.values.get(made.vocabulary or "", ())
        for rule in self.table.get("map", ()):
            if not is_value(made.kind, rule["value"], values):
                fault(f"{rule['value']!r} is no value of {to}, a field of the kind {made.kind}.")
            for name in rule["when"]:
                if name not in names:
                    fault(f"`when` names {name!r}, which is none of the merged fields.")
        required = any(each.required for each in found if each is not None)
        for name in names:
            shape.fields[self.level].pop(name, None)
        shape.fields[self.level][to] = FieldShape(made.kind, made.vocabulary, required, None)
        if made.vocabulary and made.vocabulary not in shape.values:
            shape.values[made.vocabulary] = list(values)
        self._ask(shape, self.level, [to])

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        if not old:
            return None
        to = act.gives[0]
        for rule in self.table.get("map", ()):
            if self.fits(rule["when"], row):
                return Outcome({to: rule["value"]})
        values = list(old.values())
        if any(self.kinds[name] != self.kind for name in old):
            raise UndecidedError
        if all(value == values[0] for value in values):
            return Outcome({to: values[0]})
        if self.kind in ("entities", "targets", "spans", "mentions"):
            several = [each for value in values for each in value]
            return Outcome({to: [each for place, each in enumerate(several) if each not in several[:place]]})
        if self.kind == "flag":
            return Outcome({to: any(values)})
        if self.table.get("join") is not None:
            return Outcome({to: self.table["join"].join(values)})
        raise UndecidedError

    def _revert(self, act: Act, new: Json) -> Json:
        if not new:
            return {}
        value = new[act.gives[0]]
        for rule in self.table.get("map", ()):
            if rule["value"] == value and not any(isinstance(each, list) for each in rule["when"].values()):
                return dict(rule["when"])
        alike = [name for name in act.takes if self.kinds[name] == self.kind]
        return {alike[0]: value} if alike else {}

    def _describe(self) -> str:
        return f"{self.level} fields {', '.join(self.table['fields'])} are one, {self.table['to']}"


class SplitField(Step):
    """Makes several fields of one: by a table, or by a pattern with a named group for each."""

    do = "split-field"

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        name, to, table = self.table["field"], self.table["to"], self.table
        self.acts = [Act(self.level, (name,), tuple(to))]
        self.pattern: re.Pattern[str] | None = None
        found = self._field(shape, name, fault)
        if found is None:
            return
        self.fills = self.was_flag = found.kind == "flag"
        if not table.keys() & {"map", "pattern", "ask", "archive"}:
            fault("nothing says what becomes of it: give a `map`, a `pattern`, `ask`, or `archive = true`.")
        if "pattern" in table:
            try:
                self.pattern = re.compile(table["pattern"])
            except re.error as error:
                fault(f"the pattern is no regular expression: {error}.")
            else:
                if unknown := sorted(self.pattern.groupindex.keys() - set(to)):
                    fault(f"the pattern has a group {unknown[0]!r}, which is none of {', '.join(to)}.")
                if not self.pattern.groupindex:
                    fault("the pattern has no named group, like (?P<NAME>...).")
            if found.kind != "text":
                fault("a `pattern` splits texts.")
        shapes = {}
        del shape.fields[self.level][name]
        for each in to:
            there = goal.fields[self.level].get(each)
            if each in shape.fields[self.level]:
                fault(f"a {self.level} has a field {each!r} already.")
            elif there is None and each != name:
                fault(f"the new scheme has no field {each!r} of a {self.level}.")
            shapes[each] = there or found
            made = shapes[each]
            if made.vocabulary and made.vocabulary not in shape.values:
                shape.values[made.vocabulary] = list(goal.values.get(made.vocabulary, ()))
            if self.archives and made.required and made.default is None:
                fault(f"{each} is required, so that it cannot be left empty: `ask` instead of `archive`.")
            shape.fields[self.level][each] = FieldShape(made.kind, made.vocabulary, found.required, None)
        self.made = {
            each: (made.kind, list(goal.values.get(made.vocabulary or "", ()))) for each, made in shapes.items()
        }
        for parts in table.get("map", {}).values():
            for key, value in parts.items():
                if key not in shapes:
                    fault(f"the map gives {key!r}, which is none of {', '.join(to)}.")
                elif not is_value(*self.made[key][:1], value, self.made[key][1]):
                    fault(f"{value!r} is no value of {key}, a field of the kind {self.made[key][0]}.")
        self._ask(shape, self.level, to)

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        parts = self.table.get("map", {})
        if not old and not (self.was_flag and "false" in parts):
            return None
        value = old.get(act.takes[0], False)
        if not isinstance(value, list | dict) and word(value) in parts:
            return Outcome(dict(parts[word(value)]))
        match = self.pattern.fullmatch(value) if self.pattern and isinstance(value, str) else None
        if match:
            found = {name: words for name, words in match.groupdict().items() if words}
            if all(is_value(*self.made[name][:1], words, self.made[name][1]) for name, words in found.items()):
                return Outcome(found)
        raise UndecidedError

    def _revert(self, act: Act, new: Json) -> Json:
        name = act.takes[0]
        for key, parts in self.table.get("map", {}).items():
            if parts == new:
                return {name: key == "true" if self.was_flag else key}
        return {}

    def _describe(self) -> str:
        return f"{self.level} field {self.table['field']} is split into {', '.join(self.table['to'])}"
