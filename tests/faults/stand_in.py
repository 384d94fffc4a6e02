"""A client that knows nothing of faults: it makes a project, imports two tasks and reads them, one request each.

It says on stdout how far it came. Usage: python stand_in.py URL TOKEN TITLE
"""

import sys

import httpx

CONFIG = '<View><Labels name="span" toName="text"><Label value="a"/></Labels><Text name="text" value="$text"/></View>'


def main(url: str, token: str, title: str) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60, trust_env=False) as http:
        try:
            made = http.post("/api/projects/", json={"title": title, "label_config": CONFIG}).raise_for_status()
            project = made.json()["id"]
            print("made", flush=True)
            tasks = [{"data": {"text": f"The ferry sails at {hour}."}} for hour in (6, 9)]
            imported = http.post(f"/api/projects/{project}/import", json=tasks).raise_for_status()
            print("imported" if imported.json()["task_count"] == len(tasks) else "imported others", flush=True)
            found = http.get("/api/tasks/", params={"project": project, "fields": "all"}).raise_for_status()
            print("read", len(found.json()["tasks"]), flush=True)
        except httpx.HTTPStatusError as error:
            sys.exit(f"HTTPStatusError {error.response.status_code}")
        except httpx.HTTPError as error:
            sys.exit(type(error).__name__)
        except TypeError:
            sys.exit("JSON of another form")


if __name__ == "__main__":
    main(*sys.argv[1:])
