"""The group annotate: labels come from Label Studio or from readings by quotes, and can be compared."""

from typing import ClassVar

import click

from stancebank.cli.annotators import annotators
from stancebank.cli.compare import compare
from stancebank.cli.doctor import doctor
from stancebank.cli.group import Group
from stancebank.cli.pull import pull
from stancebank.cli.push import push
from stancebank.cli.readings import import_, quote
from stancebank.cli.status import status
from stancebank.cli.studio import studio
from stancebank.cli.tasks import config, tasks
from stancebank.cli.watch import watch


class _Annotate(Group):
    chapters: ClassVar = {
        "A server, and the way to it": ("studio", "doctor"),
        "To the annotators, and back": ("push", "status", "pull", "watch", "annotators"),
        "What they say": ("compare", "quote", "import"),
        "Without a connection": ("config", "tasks"),
    }


@click.group(cls=_Annotate)
def annotate() -> None:
    """Let people label articles in Label Studio, and take what they say into documents.

    Guidelines and the labelling interface lie in annotate/, and documents go to corpus/annotations/<annotator>/.
    From nothing to a row of the dataset, in a folder of your own:

    \b
      stancebank init --sample river; cd river            a workspace, with articles
      stancebank annotate studio start --annotator anna   a server on this machine
      stancebank annotate studio login anna               open the page, mark, Submit
      stancebank annotate status                          how far she is
      stancebank annotate pull                            her documents, by article
      stancebank annotate quote ARTICLE --annotator anna > anna.json
      stancebank annotate import anna.json --gold single  her reading becomes gold,
      stancebank publish build --out build/dataset        and gold becomes rows
      stancebank annotate studio stop                     until the next start

    With a server of your own, set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, ask the doctor, and push.
    A push or pull that broke off is run again; a second one changes nothing.
    """


for _command in (studio, doctor, push, status, pull, watch, annotators, compare, quote, import_, config, tasks):
    annotate.add_command(_command)
