"""Runs command lines of the AWS CLI: a JSON list of lists of words on stdin.

One process runs them all, because Python takes a second to start. Prints a JSON list
with the exit code and the error of each.
"""
import contextlib, io, json, sys

from awscli.clidriver import create_clidriver

results = []
for words in json.load(sys.stdin):
    stdout, stderr = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = create_clidriver().main(words)
        except SystemExit as e:
            code = e.code
    results.append({"code": code, "stderr": stderr.getvalue()})
json.dump(results, sys.stdout)
