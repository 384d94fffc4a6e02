"""The commands that print JSON and ask no server, each with the runs of it that are frozen."""

from dataclasses import dataclass, field

from tests.frozen.workspaces import ENVOY, HARVEST, MINISTER

FOUNDING = "tasnim-undated-adviser-dismisses-us-talks"


@dataclass(frozen=True, slots=True)
class Case:
    """A run of a command. arguments: without --json. workspace: of `workspaces.py`. before: what is done first.

    Of the arguments, ROOT is the folder of the workspace, BUILT a build of it, RELEASED the folder of release 0.1.0,
    OUT a folder for what is written,
    SOURCES a folder of its texts, PREDICTIONS a file, and READING one with a reading by its words.
    """

    name: str
    arguments: tuple[str, ...]
    workspace: str = "toy"
    before: tuple[tuple[str, ...], ...] = field(default=())
    is_slow: bool = False


def _all(name: str, *arguments: str) -> list[Case]:
    return [
        Case(name, arguments, workspace, is_slow=workspace == "sample") for workspace in ("toy", "sample", "founding")
    ]


BUILD = ("publish", "build", "--out", "OUT")
PLAN = ("annotate", "adjudicate", "plan", "--majority", "all", "--by", "ann-9")
CASES = [
    *_all("check", "check"),
    Case("status", ("status",)),
    Case("users", ("annotate", "users")),
    Case("leak-check", ("corpus", "leak-check", "SOURCES")),
    Case("schema-next", ("schema", "next")),
    Case(
        "schema-new", ("schema", "new", "--label", "stance=for,against", "--dry-run"), before=(("remove-documents",),)
    ),
    Case("schema-write", ("schema", "write")),
    Case("schema-answer", ("schema", "answer", "--from", "user-2")),
    Case("card", ("publish", "card", "--write")),
    Case("check-spoilt", ("check",), before=(("spoil",),)),
    *_all("corpus-list", "corpus", "list"),
    Case("corpus-store", ("corpus", "store")),
    Case("corpus-store-table", ("corpus", "store"), before=(("corpus", "convert", "--to", ".stancebank/shared"),)),
    Case("corpus-convert", ("corpus", "convert", "--to", "../table")),
    Case(
        "corpus-convert-back", ("corpus", "convert", "--to", "files"), before=(("corpus", "convert", "--to", "../t"),)
    ),
    Case("corpus-compact", ("corpus", "compact")),
    Case("corpus-add", ("corpus", "add", "SOURCES", "--outlet", "Ellin Daily")),
    Case("corpus-zone", ("corpus", "zone", ENVOY)),
    Case("corpus-zone-dry", ("corpus", "zone", ENVOY, "--line", "3", "boilerplate", "--dry-run")),
    Case("corpus-edit", ("corpus", "edit", ENVOY, "published=2031-02-12", "agencies=", "rights_note=by letter")),
    Case("corpus-remove", ("corpus", "remove", HARVEST), before=(("unread",),)),
    Case("corpus-show", ("corpus", "show", ENVOY)),
    Case("corpus-show-annotator", ("corpus", "show", MINISTER, "--annotator", "user-2")),
    Case("corpus-show", ("corpus", "show", FOUNDING), "founding"),
    Case("entity-list", ("corpus", "entity", "list")),
    Case("entity-list", ("corpus", "entity", "list", "--unused"), "founding"),
    Case("target-list", ("corpus", "target", "list")),
    Case("entity-add", ("corpus", "entity", "add", "lena-orlo", "--name", "Lena Orlo", "--kind", "person")),
    Case("target-add", ("corpus", "target", "add", "recall", "--name", "r", "--definition", "R.", "--use", "both")),
    Case("entity-edit", ("corpus", "entity", "edit", "keth", "wikidata=Q42", "roles=host")),
    Case("target-edit", ("corpus", "target", "edit", "talks", "definition=To meet and talk.")),
    Case("entity-alias", ("corpus", "entity", "alias", "keth", "The Kethians")),
    Case("entity-merge", ("corpus", "entity", "merge", "tor-aven", "samir-dahl", "--dry-run")),
    Case("target-merge", ("corpus", "target", "merge", "lift-sanctions", "lift-blockade", "--dry-run")),
    Case("entity-rename", ("corpus", "entity", "rename", "suvia", "suviana", "--dry-run")),
    Case("target-rename", ("corpus", "target", "rename", "talks", "negotiations", "--dry-run")),
    Case(
        "entity-remove",
        ("corpus", "entity", "remove", "lena-orlo"),
        before=(("corpus", "entity", "add", "lena-orlo", "--name", "Lena Orlo", "--kind", "person"),),
    ),
    Case(
        "target-remove",
        ("corpus", "target", "remove", "recall"),
        before=(("corpus", "target", "add", "recall", "--name", "r", "--definition", "R.", "--use", "both"),),
    ),
    Case("entity-show", ("corpus", "entity", "show", "keth")),
    Case("entity-show-person", ("corpus", "entity", "show", "ilse-marrow")),
    Case("target-show", ("corpus", "target", "show", "talks")),
    Case("target-show", ("corpus", "target", "show", "talks"), "founding"),
    Case("schema-vocabulary", ("schema", "vocabulary")),
    Case("schema-vocabulary-stance", ("schema", "vocabulary", "stance")),
    Case("schema-show", ("schema", "show")),
    Case("schema-check", ("schema", "check")),
    Case("schema-queue", ("schema", "queue")),
    Case("schema-migrate", ("schema", "migrate", "--dry-run"), before=(("schema", "next"),)),
    Case("hydrate", ("corpus", "hydrate", "SOURCES"), before=(("remove-texts",),)),
    Case("hydrate-report", ("corpus", "hydrate", "SOURCES", "--report"), before=(("remove-texts",),)),
    Case("withdraw-dry", ("corpus", "withdraw", HARVEST, "--reason", "The outlet asked.", "--dry-run")),
    Case("withdraw", ("corpus", "withdraw", ENVOY, "--reason", "The outlet asked.")),
    Case(
        "withdraw-undo",
        ("corpus", "withdraw", HARVEST, "--reason", "It was a mistake.", "--undo"),
        before=(("corpus", "withdraw", HARVEST, "--reason", "The outlet asked."),),
    ),
    Case("duplicates", ("corpus", "duplicates")),
    Case(
        "sample",
        ("corpus", "sample", "--plan", "spring", "--size", "2", "--by", "outlet"),
        before=(("remove-documents",),),
    ),
    Case("split", ("corpus", "split"), before=(("splits",),)),
    Case(
        "assign",
        ("annotate", "assign", "--annotator", "ann-1", "--annotator", "user-2", "--share", "user-2=2", "--with-gold"),
    ),
    Case("agreement", ("annotate", "agreement"), before=(("second-reader",),)),
    Case("next", ("annotate", "next", "--by-lot", "50"), before=(("queued",),)),
    Case("assign-shown", ("annotate", "assign"), before=(("assigned",),)),
    Case("corpus-list-split", ("corpus", "list"), before=(("splits",), ("corpus", "split"))),
    Case("set", ("annotate", "set", f"{MINISTER}/s3", "stance=offer", "--dry-run")),
    Case("export", ("annotate", "export", ENVOY, "--format", "jsonl", "--out", "OUT")),
    Case("import", ("annotate", "import", "READING", "--dry-run")),
    Case("baselines", ("publish", "baselines"), before=(("placed",),)),
    Case("why", ("publish", "why", f"{MINISTER}/s5/c2")),
    Case("diff", ("publish", "diff", "BUILT")),
    Case("diff", ("publish", "diff", "BUILT"), "first", is_slow=True),
    Case("errata-report", ("publish", "errata", "report", f"{ENVOY}/s3", "--what", "The cue is too long.")),
    Case(
        "errata-list",
        ("publish", "errata", "list"),
        before=(("publish", "errata", "report", f"{ENVOY}/s3", "--what", "The cue is too long."),),
    ),
    Case(
        "errata-settle",
        ("publish", "errata", "settle", "e1", "--state", "fixed"),
        before=(("publish", "errata", "report", f"{ENVOY}/s3", "--what", "The cue is too long."),),
    ),
    Case("compare", ("annotate", "compare", "gold", "user-2")),
    Case("compare", ("annotate", "compare", "annotator-1", "annotator-2"), "sample", is_slow=True),
    Case("adjudicate-plan", (*PLAN, "--dry-run"), "sample", is_slow=True),
    Case("adjudicate-show", ("annotate", "adjudicate", "show"), "sample", (PLAN,), is_slow=True),
    Case("adjudicate-apply", ("annotate", "adjudicate", "apply", "--replace"), "sample", (PLAN,), is_slow=True),
    Case("compare", ("annotate", "compare", "project-1", "project-2"), "founding"),
    Case("competence", ("annotate", "competence")),
    Case("competence", ("annotate", "competence"), "sample", is_slow=True),
    Case("feedback", ("annotate", "feedback", "user-2")),
    Case("practice-check", ("annotate", "practice", "check")),
    Case("studio-status", ("annotate", "studio", "status")),
    *(
        Case(name, arguments, "first", before, is_slow=True)
        for name, arguments, before in (
            ("check", ("check",), ()),
            ("corpus-show", ("corpus", "show", ENVOY), ()),
            ("schema-show", ("schema", "show"), ()),
            ("schema-vocabulary-stance", ("schema", "vocabulary", "stance"), ()),
            ("schema-migrate", ("schema", "migrate", "--dry-run"), (("schema", "next"),)),
            ("hydrate-report", ("corpus", "hydrate", "SOURCES", "--report"), (("remove-texts",),)),
            ("compare", ("annotate", "compare", "gold", "user-2"), ()),
            ("build", BUILD, ()),
            ("build-withheld", (*BUILD, "--text", "withheld"), ()),
            ("score", ("publish", "score", "PREDICTIONS", "BUILT"), ()),
        )
    ),
    Case("build", BUILD),
    Case("build-withheld", (*BUILD, "--text", "withheld")),
    Case("build", BUILD, "sample", is_slow=True),
    Case("build", BUILD, "founding", is_slow=True),
    Case("verify", ("publish", "verify", "BUILT", "--no-readers")),
    Case("verify-against", ("publish", "verify", "BUILT", "--no-readers", "--workspace", "ROOT"), is_slow=True),
    Case("verify", ("publish", "verify", "BUILT"), "founding", is_slow=True),
    Case("score", ("publish", "score", "PREDICTIONS", "BUILT")),
    Case("suggest", ("suggest", "--engine", "quotations")),
    Case("suggest-compare", ("annotate", "suggest", "compare", "PREDICTIONS")),
    Case(
        "hydrate-release",
        ("publish", "hydrate", "OUT", "SOURCES", "--out", "OUT-hydrated"),
        before=((*BUILD, "--text", "withheld"),),
        is_slow=True,
    ),
    Case("release", ("publish", "release", "0.2.0"), before=(("commit",),), is_slow=True),
    Case("push", ("publish", "push", "RELEASED", "file://shared"), is_slow=True),
    Case(
        "retract",
        ("publish", "retract", "file://shared", "0.2.0", "--reason", "A holder asked for it."),
        before=(("published",),),
    ),
]
