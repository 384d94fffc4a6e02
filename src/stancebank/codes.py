"""The catalogue of the codes of findings: of a workspace, and of what the gate of a release finds."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: its severity, what it means and how it is fixed, as docs/findings.md prints them."""

    severity: Severity
    meaning: str
    hint: str


CODES: dict[str, Code] = {
    # files
    "json-syntax": Code("error", "The file is not UTF-8 JSON.", "correct the file at the place named"),
    "file-unexpected": Code("warning", "A file that the workspace does not expect.", "move the file away"),
    "name-unportable": Code(
        "warning",
        "A path that Windows does not take: a reserved name, such as aux or con, or more than 200 characters.",
        "give the annotator or the article another, shorter name",
    ),
    "link-outside": Code("error", "A symbolic link leads out of the workspace.", "put the file itself in its place"),
    # what the JSON Schema says
    "schema-version": Code(
        "error",
        "The file follows another schema version than the workspace.",
        "run `stancebank schema migrate`, which brings older files over; a newer file belongs to a migrated workspace",
    ),
    "schema-missing": Code("error", "A required key is missing.", "add the key"),
    "schema-unknown-key": Code("error", "A key that the schema does not know.", "correct its spelling or remove it"),
    "schema-vocabulary": Code(
        "error", "A value is not in its vocabulary.", "use one of the values that the message lists"
    ),
    "schema-value": Code("error", "A value has the wrong type or form.", "give a value of the form named"),
    # the scheme
    "scheme-incomplete": Code(
        "error",
        "The schema folder does not say all that a scheme needs, or contradicts itself; nothing else was checked.",
        "correct the place named; `stancebank help schemes` explains what a scheme consists of",
    ),
    "scheme-name": Code(
        "error",
        "A field, column, vocabulary or value has a name that the tables, the schemas, SQL or Label Studio cannot use.",
        "choose another name",
    ),
    "scheme-drift": Code(
        "error",
        "A generated part of the schema folder is not what the vocabularies make it.",
        "run `stancebank schema write`",
    ),
    "scheme-order": Code(
        "error",
        "A value of a vocabulary has another place than in the last release, whose rows hold its place as a number.",
        'restore the order, add new values at the end, and give a value that is no longer wanted `"retired": true`; or '
        "begin the next version of the schema (`stancebank schema next`)",
    ),
    "migration-invalid": Code(
        "error",
        "The migration.toml of a schema version cannot be used, or does not lead from the older scheme to the newer.",
        "correct the step named, or the newer scheme; `stancebank help schemes` explains the steps",
    ),
    # articles
    "article-id": Code(
        "error", "An article's id and its file name differ.", "rename the file to the id: ids are never changed"
    ),
    "article-twice": Code(
        "error",
        "Two article records hold the same text, and neither is a reprint of the other.",
        "keep the older record and remove the other; if both were published, give the later one `reprint_of`",
    ),
    "reprint-unknown": Code(
        "error",
        "reprint_of names no article of the corpus.",
        "correct the id, add the article, or remove reprint_of",
    ),
    "reprint-chain": Code(
        "error",
        "reprint_of names the article itself, or one that is a reprint itself.",
        "name the article that had the text first",
    ),
    "text-changed": Code(
        "error",
        "The stored text is not the one that the record describes.",
        "run `stancebank corpus hydrate DIR` with the copy that was annotated",
    ),
    "line-ends": Code(
        "error",
        "A file has CRLF line ends, as git makes them with core.autocrlf, and is right but for them.",
        "add the line `* text=auto eol=lf` to .gitattributes, commit it, and clone the repository again",
    ),
    "text-not-public": Code(
        "error",
        "A text that may not be published in full is in corpus/texts/.",
        "move it to .stancebank/texts/, which git ignores, and purge it from the history",
    ),
    "text-leaked": Code(
        "error",
        "A file that git would commit has eight words in a row of an article that may not be published.",
        "take the words out, or move the file to where git ignores it, such as readings/; waive a common phrase",
    ),
    "quotes-over-cap": Code(
        "error",
        "The annotated spans of an article whose text policy is `quotes` show more of it than the workspace allows.",
        "run `stancebank corpus edit ID text_policy=withheld`, or raise the cap if its holder agrees",
    ),
    "text-unknown": Code("warning", "A stored text belongs to no article.", "remove the file, or add the article"),
    "lines-differ": Code(
        "error", "The recorded lines are out of order or are not those of the text.", "restore the record"
    ),
    "zone-order": Code("error", "Zones overlap, are out of order or leave the text.", "correct begin and end"),
    "zone-gap": Code(
        "error", "Words of the text are in no zone.", "lay a zone over them: `stancebank corpus zone ID --line N body`"
    ),
    "withdrawn-returned": Code(
        "error",
        "An article that was withdrawn is in the workspace again, by a merge, a revert or under another name.",
        "run `stancebank corpus withdraw ID --reason TEXT`, which removes its files; if it may be used again, --undo",
    ),
    "withdrawn-alike": Code(
        "error",
        "An article is much like one that was withdrawn.",
        "withdraw it too; if it is another article, waive the finding in waivers.toml",
    ),
    "withdrawal-lost": Code(
        "error",
        "The record of a withdrawal was removed, as a revert does.",
        "run `stancebank corpus withdraw ID --reason TEXT` again, or with --undo if the article may be used again",
    ),
    "history-unread": Code(
        "warning",
        "Not all that git holds of the workspace can be seen, so lost withdrawals, or files, were not looked for.",
        "work in a whole clone (`git fetch --unshallow`, `git sparse-checkout disable`), and in a new workspace run "
        "`git init`; else install git, let the folder belong to you, or remove the foreign repository",
    ),
    # splits
    "split-invalid": Code(
        "error",
        "corpus/splits.csv, the ledger of splits, cannot be read.",
        "correct the line named, or restore the file: `git checkout -- corpus/splits.csv`",
    ),
    "split-missing": Code(
        "warning",
        "An article with gold is in no split, though there is a ledger of splits; in a build it counts as `none`.",
        "run `stancebank corpus split`",
    ),
    "split-unknown": Code(
        "error",
        "The ledger of splits has a line of an article that is neither there nor withdrawn.",
        "restore the article or correct the id; `stancebank corpus split --again` removes such a line unless a release "
        "has the article",
    ),
    "split-leak": Code(
        "warning",
        "Articles of one event, another column that they are grouped by, or one text are in several splits.",
        "correct the record; if no release has these articles, run `stancebank corpus split --again`",
    ),
    # who labels what
    "assignment-invalid": Code(
        "error",
        "corpus/assignments.csv, the ledger of who labels what, cannot be read.",
        "correct the line named, or restore the file: `git checkout -- corpus/assignments.csv`",
    ),
    "assignment-unknown": Code(
        "error",
        "The ledger of who labels what has a line of an article that is neither there nor withdrawn.",
        "restore the article, correct the id, or remove the line",
    ),
    "sample-invalid": Code(
        "error",
        "A plan of a sample cannot be read, contradicts itself, or has an article that another plan has.",
        "restore the file that is named: `git checkout -- FILE`",
    ),
    "sample-unknown": Code(
        "error",
        "A plan of a sample names an article that is neither there nor withdrawn.",
        "restore the article; `stancebank corpus remove` takes an article out of the plans, too",
    ),
    # what engines suggested
    "suggestion-invalid": Code(
        "error",
        "A suggestion, or one of the ledgers beside it, cannot be read, or contradicts another.",
        "restore the file that is named: `git checkout -- FILE`; or remove a suggestion, and make it again",
    ),
    "suggestion-unknown": Code(
        "error",
        "A suggestion or a line of its ledgers names an article that is neither there nor withdrawn, or an engine that "
        "corpus/suggestions/engines.csv lacks.",
        "restore the article or the line, correct the id, or remove the suggestion",
    ),
    "suggestion-stale": Code(
        "warning",
        "A suggestion is of another text of its article, or does not follow the present scheme; a push refuses it.",
        "run `stancebank suggest` for the article again, or remove the file",
    ),
    # how gold was settled
    "adjudication-invalid": Code(
        "error",
        "A ledger of how the gold of an article was settled contradicts itself.",
        "restore the file, as `git log -p` shows it, or remove it and run `stancebank annotate adjudicate apply`",
    ),
    "adjudication-unknown": Code(
        "error",
        "A ledger of how gold was settled names an article, or a statement of gold, that does not exist.",
        "run `stancebank annotate adjudicate apply --replace`; or remove the file, if gold is made otherwise now",
    ),
    "adjudication-stale": Code(
        "warning",
        "Readings, gold or the text changed after it was decided on them.",
        "run `stancebank annotate adjudicate show`, which says what is to be decided again, and then `apply`",
    ),
    # registries
    "entity-twice": Code("error", "Two entities have the same id.", "give one of them an id of its own"),
    "entity-unknown": Code(
        "error", "An entity that the registry does not hold.", "correct the id, or run `stancebank corpus entity add`"
    ),
    "entity-circle": Code(
        "error", "An entity is part of itself.", "run `stancebank corpus entity edit ID part_of=OTHER`, or `part_of=`"
    ),
    "entity-unused": Code(
        "warning",
        "Nothing refers to an entity.",
        "keep it for what comes, or run `stancebank corpus entity remove ID`",
    ),
    "entity-alike": Code(
        "warning",
        "Two entities have names that are likely one name in two transliterations.",
        "merge them with `stancebank corpus entity merge OLD NEW`; if they are two, waive the finding in waivers.toml",
    ),
    "entity-redirected": Code(
        "warning",
        "An entity is named by an id that was merged or renamed.",
        "run the merge that the message names: it rewrites every such reference",
    ),
    "alias-shared": Code(
        "error",
        "Two entities share a name.",
        "merge the entries, or take the name from one: `stancebank corpus entity alias ID NAME --remove`",
    ),
    "target-twice": Code("error", "Two targets have the same id.", "give one of them an id of its own"),
    "target-unknown": Code(
        "error", "A target that the registry does not hold.", "correct the id, or run `stancebank corpus target add`"
    ),
    "target-redirected": Code(
        "warning",
        "A target is named by an id that was merged or renamed.",
        "run the merge that the message names: it rewrites every such reference",
    ),
    "target-circle": Code(
        "error", "A target is above itself.", "run `stancebank corpus target edit ID parent=OTHER`, or `parent=`"
    ),
    "target-use": Code(
        "error",
        "A registry entry is used for something that its `use` does not allow.",
        "use another entry, or run `stancebank corpus target edit ID use=both`",
    ),
    "redirect-unknown": Code(
        "error", "A redirect leads to no entry.", "correct the id that it leads to, or restore that entry"
    ),
    "redirect-circle": Code("error", "A redirect leads back to itself.", "let one of them lead to an entry"),
    "redirect-live": Code(
        "error",
        "An id is an entry and a redirect at once.",
        "remove the entry, whose id means another now, or remove the redirect",
    ),
    # documents
    "document-article": Code(
        "error", "A document's article is unknown, or is not the one its file is named for.", "correct article_id"
    ),
    "document-stale": Code(
        "error", "A document was made on another text of its article.", "annotate the stored text again"
    ),
    "document-place": Code(
        "error",
        "A document is in the folder of another annotator, or gold and folder disagree.",
        "move the file, or correct annotator or gold",
    ),
    "document-empty": Code(
        "error",
        "A document holds neither statements nor the label nothing_to_annotate, or both.",
        "add the statements, or set nothing_to_annotate",
    ),
    "statement-id": Code(
        "error", "An id is used twice, retired, or not of the form that gold requires.", "give the next free id"
    ),
    "same-as-unknown": Code("error", "same_as names no statement of its document.", "correct the id"),
    "same-as-circle": Code("error", "same_as leads back to its own statement.", "keep one of them without same_as"),
    "same-as-chain": Code(
        "error", "same_as names a statement that has a same_as itself.", "name the fullest statement directly"
    ),
    "same-as-differs": Code(
        "error",
        "Two statements tied by same_as differ in speaker, target or stance, or in what else ties depend on.",
        "remove same_as, or correct the label",
    ),
    "value-retired": Code(
        "warning",
        "A value that is retired: what has it stays valid, and nothing new should have it.",
        "choose another value, or leave it as it is",
    ),
    "same-as-fullest": Code(
        "warning",
        "A tie by same_as does not lead to the fullest statement: most conditions, then all in quotation marks, then "
        "the longest, then the first.",
        "let all lesser statements name the fullest one, and that one none",
    ),
    "same-as-missing": Code(
        "warning",
        "Two statements say the same, by all that ties depend on, and are not tied.",
        "let the lesser one name the fuller one in same_as, or correct what tells them apart",
    ),
    # what the guidelines ask of a statement, as far as the scheme declares it (docs/schemes.md)
    "words-outside": Code(
        "error",
        "Words are not where the scheme has them: a condition or a ground outside the content, a cue or a mention in "
        "another paragraph.",
        "lengthen the content or give it a second span, or mark words at the statement",
    ),
    "words-overlap": Code(
        "warning",
        "Two spans of one content, condition or field overlap, or are not in the order of the text.",
        "make one span of them, or put them in the order of the text",
    ),
    "words-untrimmed": Code(
        "warning",
        "A span has white space, an outer quotation mark, a final stop or an introducing word at an end, or lacks the "
        "connective right before it.",
        "import the document again (`stancebank annotate export`, then `import`), or correct begin and end",
    ),
    "field-excluded": Code(
        "error",
        "An entity is in two fields that exclude one another, such as parties and mediators, or words are.",
        "take it out of one of them",
    ),
    "field-lacking": Code(
        "warning",
        "A field is filled in, and another that belongs to it is empty, such as the note that explains a doubt.",
        "fill in the other field",
    ),
    "date-invalid": Code("error", "A date that the calendar does not have.", "correct the date"),
    "date-late": Code(
        "error",
        "Something was said after the article that reports it was published.",
        "correct the date, or the date of the article",
    ),
    "date-basis": Code(
        "warning",
        "A date is said to be reckoned from a full date, and neither the article's record nor its words have one.",
        "correct the basis, or leave the date out",
    ),
    "waiver-filled": Code(
        "error",
        "A condition that is given up has values of one that holds, such as who must fulfil it.",
        "leave these fields empty, or correct the role",
    ),
    "condition-repeats": Code(
        "warning",
        "A concession, such as `even if`, names the target itself, and nothing that would have to hold.",
        "remove the condition, or choose what else it names as its kind",
    ),
    "condition-label": Code(
        "warning",
        "A statement promises, and its conditions are only said to be necessary.",
        "choose the label that promises nothing, or the role of a condition that suffices",
    ),
    "condition-stated": Code(
        "warning",
        "The content of a statement is a condition of another statement of the same speaker.",
        "keep one of the two: what a word joins to a position is its condition, and no statement",
    ),
    "group-numbers": Code(
        "warning",
        "The groups of the conditions of one role are not numbered from 1 without a gap.",
        "number them 1, 2 and so on, role by role",
    ),
    # spans
    "span-bounds": Code("error", "A span is empty or leaves the text.", "correct begin and end"),
    "span-paragraph": Code("error", "A span reaches over a line end.", "make one span a paragraph"),
    "span-edge": Code("error", "A span begins or ends with white space.", "move begin or end"),
    "span-grapheme": Code("error", "A span cuts a character into pieces.", "move begin or end"),
    "span-fingerprint": Code(
        "error",
        "The words of a span are not those that were recorded.",
        "run `stancebank corpus hydrate DIR` with the copy that was annotated, or correct begin and end",
    ),
    "span-zone": Code(
        "error",
        "A span is in a zone that is not annotated.",
        "remove the statement, or correct the zone: `stancebank corpus zone ID --line N body`",
    ),
    "cue-place": Code(
        "error",
        "A cue is inside its content, or in a reported statement outside it.",
        "move the cue, or correct attribution",
    ),
    "quotation-marks": Code(
        "warning",
        "The attribution does not fit the quotation marks of the content.",
        "correct attribution: direct where all words are quoted, mixed where some are",
    ),
    "force-word": Code(
        "warning",
        "A categorical statement without a word of the closed list.",
        "mark it plain, or extend content or cue to the word",
    ),
    "not-covered": Code(
        "warning",
        "A quotation or attribution cue is in no statement of the gold document and is not passed over.",
        "annotate it, or say why it is no statement (passed over)",
    ),
    # what waits for an answer
    "pending": Code(
        "warning",
        "Fields wait for an answer, since no rule of a migration could give it; they are null in rows.",
        "run `stancebank schema queue`, fill in the answers, and hand them to `stancebank schema answer`",
    ),
    "pending-unknown": Code(
        "error",
        "A pending marker names no field of a statement of its document, or one that has a value.",
        "remove the marker, or correct the id or the name of the field",
    ),
    # waivers
    "waiver-invalid": Code(
        "error",
        "waivers.toml, or a waiver in it, cannot be used.",
        "give each [[waiver]] a code, a file, a reason and a date until when it holds",
    ),
    "waiver-expired": Code(
        "error",
        "A waiver is past its date and does nothing.",
        "fix what it waived and remove it, or give it a later date and a reason that still holds",
    ),
    "waiver-unused": Code("warning", "A waiver fits no finding.", "remove it, or correct its code, file or pointer"),
    # the labelling interface
    "interface-settings": Code(
        "error",
        "annotate/interface.toml, which says how the labelling interface looks, cannot be used.",
        "correct the key that the message names; `stancebank annotate interface --settings` prints a file that fits",
    ),
    "interface-drift": Code(
        "error",
        "A labelling interface in annotate/ is not what the schema compiles to.",
        "run `stancebank annotate interface --write`",
    ),
}


NEVER_WAIVED = frozenset(
    (
        *("json-syntax", "link-outside", "schema-version", "schema-missing", "schema-unknown-key"),
        *(
            "schema-vocabulary",
            "schema-value",
            "scheme-incomplete",
            "scheme-name",
            "scheme-drift",
            "migration-invalid",
            "article-id",
            "text-changed",
            "line-ends",
            "text-not-public",
            "lines-differ",
            "split-invalid",
        ),
        *("reprint-unknown", "reprint-chain", "quotes-over-cap", "withdrawn-returned", "withdrawal-lost"),
        *("zone-order", "entity-twice", "entity-unknown", "entity-circle", "target-twice", "target-unknown"),
        *("target-circle", "redirect-unknown", "redirect-circle", "redirect-live", "document-article"),
        *(
            "pending-unknown",
            "document-stale",
            "statement-id",
            "same-as-unknown",
            "same-as-circle",
            "span-bounds",
            "span-fingerprint",
        ),
        *("waiver-invalid", "waiver-expired", "waiver-unused"),
    )
)
"""Codes that no waiver covers: unless fixed, a file cannot be read, rights are broken or rows are false."""


RELEASE_CODES: dict[str, Code] = {
    "release-rights": Code(
        "error",
        "The rights in an article's words are not decided, or its licence does not allow what its text policy shows.",
        "find out holder and licence, and run `stancebank corpus edit ID`; or set text_policy to withheld",
    ),
    "release-text-policy": Code(
        "error",
        "The folder shows more words of an article than its text policy allows, or has some where no words belong.",
        "remove the words from the record or registry that holds them; if none does, report the fault",
    ),
    "release-words": Code(
        "error",
        "Words that an article's text policy allows are not at hand.",
        "run `stancebank corpus hydrate DIR` with your copies, or set text_policy to withheld",
    ),
    "release-unsearched": Code(
        "warning",
        "Rows were not searched for words of an article that may not be published, since its text is not at hand.",
        "run `stancebank corpus hydrate DIR` with your copies, and try the release again",
    ),
    "release-address": Code(
        "error", "A file holds an e-mail address.", "remove it, or waive the code if the address is meant to be found"
    ),
    "release-address-in-words": Code(
        "error",
        "The words of an article hold an e-mail address.",
        "set the article's text_policy to withheld, or waive the code if the address is one of an office",
    ),
    "release-pending": Code(
        "error",
        "Fields wait for an answer since a migration, and are null in the rows.",
        "answer them (`stancebank schema queue`), or release with --allow-pending",
    ),
    "release-secret": Code(
        "error", "A file holds a token, key or password.", "remove it, and revoke it: it may be known already"
    ),
    "release-path": Code("error", "A file holds a path of a machine.", "write it relative to the workspace"),
    "release-lost": Code(
        "error",
        "A row of the last version is lost without a recorded reason.",
        "restore it; put its id into `retired` of the gold document; or waive the code with the reason",
    ),
    "release-step": Code(
        "error",
        "The version rises by less than the changes ask for.",
        "give the version that the message names; `stancebank publish diff` says what changed in the rows",
    ),
    "release-columns": Code(
        "error",
        "A column of the last version is gone, has another name or another type, and the schema has the same version.",
        "restore the column; or begin the next version of the schema (`stancebank schema next`)",
    ),
    "release-split-leak": Code(
        "error",
        "Articles of two splits belong together, so that a model can learn in one what it is tried on in the other.",
        "run `stancebank corpus split` for articles that no release has; waive the code if all of them are published",
    ),
    "release-split-missing": Code(
        "error",
        "There is a ledger of splits, and an article of the dataset has no line in it.",
        "run `stancebank corpus split`, and commit corpus/splits.csv",
    ),
    "release-split-moved": Code(
        "error",
        "An article is in another split or fold than in an earlier release.",
        "restore its line of corpus/splits.csv, as `git log -p corpus/splits.csv` shows it",
    ),
    "release-size": Code(
        "error", "A file is larger than the Hub takes well.", "write fewer rows into a file, or move long texts away"
    ),
    "release-unverified": Code(
        "error",
        "`stancebank publish verify` would find a fault in the folder.",
        "build it again with an unchanged toolkit; if it comes back, report it",
    ),
    "release-author": Code(
        "warning",
        "The release names no author: there is no CITATION.cff, it cannot be read, or it has no authors.",
        "name the authors in CITATION.cff; without them .zenodo.json, datacite.json and CITATION.bib have none",
    ),
    "release-reader": Code(
        "warning",
        "A reader that people open the folder with is not installed, and was not tried.",
        'pip install "stancebank[verify]" to have it tried',
    ),
}
"""What the gate of a release finds, in the workspace or in the folder that it would hand on."""


NEVER_WAIVED_IN_RELEASE = frozenset(
    (
        "release-rights",
        "release-text-policy",
        "release-words",
        "release-unsearched",
        "release-secret",
        "release-split-moved",
        "release-unverified",
    )
)
"""Codes of `RELEASE_CODES` that no reason outweighs: rights, secrets, splits for ever, and what makes a folder false.

A warning stops nothing, so there is nothing to waive."""


def code_of(name: str) -> Code:
    """Return the entry of a code in either catalogue."""
    return CODES[name] if name in CODES else RELEASE_CODES[name]
