"""What stands in the address of each URL of reports, for the access table."""

from tests.access_objects import Visit, visit
from tests.projects.applications.scenes import pdf_file
from tests.projects.monitoring import scenes


@visit("monitoring:public_report")
def _published() -> Visit:
    return Visit({"uuid": scenes.a_published_report().uuid})


@visit("monitoring:report")
def _report() -> Visit:
    report, signer = scenes.an_asked_report()
    return Visit({"uuid": report.uuid}, owner=signer)


@visit("monitoring:join")
def _join() -> Visit:
    report, signer = scenes.an_asked_report()
    return Visit({"uuid": report.uuid}, {"kind": "accounts", "file": pdf_file()}, owner=signer)


@visit("monitoring:submit")
def _submit() -> Visit:
    report, signer = scenes.an_asked_report()
    scenes.write(report, by=signer)
    return Visit({"uuid": report.uuid}, owner=signer)


@visit("monitoring:review")
def _review() -> Visit:
    report, _signer = scenes.a_sent_report()
    return Visit({"uuid": report.uuid})


@visit("monitoring:piece")
def _piece() -> Visit:
    report, _signer = scenes.a_sent_report()
    return Visit({"uuid": report.uuid, "piece": report.pieces.first().uuid})
