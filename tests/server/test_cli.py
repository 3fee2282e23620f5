"""Every command in this process, over the shared database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.output import fail
from server.scopes import Scope
from tests.server.commands import Latchkey, printed

pytestmark = pytest.mark.usefixtures("children")


def csv(path: Path) -> Path:
    file = path / "homes.csv"
    file.write_text(
        "name,city,price,beds,baths\n"
        "Elm Court,Salem,$1450,2,1\n"
        "Elm Court,Salem,cheap,2,1\n"
        "Oak Place,Salem,1700,3,2\n"
    )
    return file


class TestIngest:
    def test_keeps_good_rows_and_reports_the_others(
        self, latchkey: Latchkey, tmp_path: Path
    ) -> None:
        report = printed(latchkey("ingest", "listings", str(csv(tmp_path)), "--json"))
        assert (report["read"], report["added"]) == (3, 2)
        (problem,) = report["rejected"]
        assert problem["row"] == 3
        again = printed(latchkey("ingest", "listings", str(csv(tmp_path)), "--json"))
        assert (again["added"], again["unchanged"]) == (0, 2)

    def test_conversations(self, latchkey: Latchkey, tmp_path: Path) -> None:
        file, refused = tmp_path / "chats.csv", tmp_path / "refused.csv"
        file.write_text("role;text;time\nlead;Hi, call 503-555-0142;1/2/2025 9:05 AM\nbot;x;\n")
        args = ("ingest", "conversations", str(file), "--zone", "America/Chicago")
        report = printed(latchkey(*args, "--rejected", str(refused), "--json"))
        assert (report["threads"], report["added"], report["pii"]) == (1, 1, {"phone": 1})
        assert report["rejected"][0].items() >= {"line": 3, "code": "role_unknown"}.items()
        assert "role_unknown" in refused.read_text()
        again = latchkey(*args)
        assert again.exit_code == 0
        assert "0 added" in again.stdout
        unknown = latchkey(*args[:3], "--zone", "Nowhere/Land")
        assert "zone_unknown" in str(getattr(unknown.exception, "code", ""))

    def test_tells_a_person(self, latchkey: Latchkey, tmp_path: Path) -> None:
        result = latchkey("ingest", "listings", str(csv(tmp_path)))
        assert result.exit_code == 0
        assert "3 rows: 2 added" in result.stdout
        assert "rent" in result.stdout

    @pytest.mark.parametrize(
        ("args", "code"),
        [
            (["/nowhere/homes.csv"], "table_unreadable"),
            (["homes.pdf"], "table_format_unknown"),
            (["{file}", "--community", "nowhere"], "community_not_found"),
            (["{file}", "--tenant", "nobody"], "tenant_not_found"),
        ],
    )
    def test_what_cannot_be_read_is_one_line(
        self, latchkey: Latchkey, tmp_path: Path, args: list[str], code: str
    ) -> None:
        file = str(csv(tmp_path))
        result = latchkey("ingest", "listings", *(arg.format(file=file) for arg in args))
        assert result.exit_code == 1
        assert getattr(result.exception, "code", None) == code


class TestDemo:
    def test_loads_three_communities_and_may_again(self, latchkey: Latchkey) -> None:
        first = printed(latchkey("demo", "load", "--json"))["communities"]
        assert len(first) == 3
        assert sum(report["added"] for report in first.values()) >= 40
        again = printed(latchkey("demo", "load", "--json"))["communities"]
        assert sum(report["added"] for report in again.values()) == 0
        assert "homes" in latchkey("demo", "load").stdout


class TestKey:
    def test_is_shown_once_with_its_scopes(self, latchkey: Latchkey) -> None:
        added = printed(
            latchkey(
                "key", "add", "crm", "--scope", "leads:read", "--scope", "tours:read", "--json"
            )
        )
        assert added["key"].startswith("lk_")
        assert added["scopes"] == ["leads:read", "tours:read"]
        everything = printed(latchkey("key", "add", "all", "--json"))
        assert everything["scopes"] == sorted(Scope)
        assert "lk_" in latchkey("key", "add", "third").stdout

    def test_an_unknown_scope_is_a_usage_error(self, latchkey: Latchkey) -> None:
        assert latchkey("key", "add", "crm", "--scope", "all").exit_code == 2


class TestDoctor:
    def test_finds_all_well(self, latchkey: Latchkey) -> None:
        found = printed(latchkey("doctor", "--json", LATCHKEY_DATABASE="test_doctor"))
        assert found["ok"]
        names = [check["name"] for check in found["checks"]]
        assert names == [
            "python", "mongod", "data directory", "time zones", "policy", "database", "indexes",
            "clock",
        ]  # fmt: skip
        assert "ok   mongod: " in latchkey("doctor").stdout

    def test_misses_an_index(self, latchkey: Latchkey) -> None:
        """The tests' database goes without the one that would delete their events."""
        result = latchkey("doctor", "--json")
        assert result.exit_code == 1
        checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
        assert "events.at" in checks["indexes"]["detail"]

    def test_says_how_to_mend_mongod(self, latchkey: Latchkey, tmp_path: Path) -> None:
        broken = tmp_path / "mongod"
        broken.write_text(
            "#!/bin/sh\n"
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open shared "
            "object file: No such file or directory' >&2\nexit 127\n"
        )
        broken.chmod(0o755)
        for mongod, advice in (
            (broken, "apt-get install -y libcurl4"),
            (tmp_path / "no", "mongod"),
        ):
            result = latchkey("doctor", "--mongod", MONGODB_URI="", LATCHKEY_MONGOD=str(mongod))
            assert result.exit_code == 1
            assert advice in result.stdout.replace("\n", " ")
            assert "FAIL" in result.stdout

    def test_needs_no_mongod_with_a_database_elsewhere(
        self, latchkey: Latchkey, tmp_path: Path
    ) -> None:
        result = latchkey("doctor", "--mongod", "--json", LATCHKEY_MONGOD=str(tmp_path / "no"))
        assert printed(result)["ok"]

    def test_a_database_away_is_found(self, latchkey: Latchkey) -> None:
        away = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50&directConnection=true"
        result = latchkey("doctor", "--json", MONGODB_URI=away)
        assert result.exit_code == 1
        checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
        assert not checks["database"]["ok"]

    def test_a_data_directory_that_is_a_file(self, latchkey: Latchkey, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("")
        result = latchkey("doctor", "--json", LATCHKEY_DATA_DIR=str(file / "data"))
        assert result.exit_code == 1
        checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
        assert "LATCHKEY_DATA_DIR" in checks["data directory"]["detail"]


class TestChat:
    TALK = (
        "hi, two bedrooms in Portland under 3000\n"
        "I'd like to tour the first one\n"
        "/listings\n"
        "\n"
        "the first time works. I'm Sam Lee, sam@lee.example\n"
        "yes\n"
        "/approvals\n"
    )

    def test_goes_from_a_wish_to_a_booked_tour(self, latchkey: Latchkey) -> None:
        latchkey("demo", "load")
        result = latchkey("chat", stdin=self.TALK + "/approve\n/state\n/quit\nnever read\n")
        assert result.exit_code == 0, result.exception
        shown = result.stdout
        assert "automated" in shown
        assert "is approved." in shown
        assert "booked" in shown.lower()
        assert "stage: touring" in shown
        assert "Nothing waits for a person." in shown
        assert "never read" not in shown

    def test_a_rejection_is_told(self, latchkey: Latchkey) -> None:
        latchkey("demo", "load")
        result = latchkey("chat", "--json", stdin=self.TALK + "/reject the office is closed\n")
        record = printed(result)
        assert record["pending_actions"] == []
        assert record["messages"][-1]["role"] == "agent"
        roles = {message["role"] for message in record["messages"]}
        assert roles == {"agent", "lead", "system"}
        assert "is rejected." in result.stderr

    def test_mistakes_do_not_end_it(self, latchkey: Latchkey) -> None:
        talk = "/nonsense\n/approve\n/approve act_none\n/reject act_none why\n" + "x" * 8001
        result = latchkey("chat", stdin=f"{talk}\n/help\nhello\n")
        assert result.exit_code == 0
        for code in ("command_unknown", "approval_not_found", "message_too_long"):
            assert code in result.stdout
        assert result.stdout.count("you> hello") == 1

    def test_an_unknown_community_is_refused(self, latchkey: Latchkey) -> None:
        result = latchkey("chat", "--community", "nowhere")
        assert getattr(result.exception, "code", None) == "community_not_found"


class TestEval:
    def test_missing_data_is_told(self, latchkey: Latchkey, tmp_path: Path) -> None:
        result = latchkey("eval", "homes", "--data", str(tmp_path))
        assert result.exit_code == 1
        assert getattr(result.exception, "code", None) == "data_missing"


class TestUsage:
    @pytest.mark.parametrize(
        "args", [["nonsense"], ["ingest", "listings"], ["serve", "--port", "x"]]
    )
    def test_wrong_use_exits_2(self, latchkey: Latchkey, args: list[str]) -> None:
        assert latchkey(*args).exit_code == 2

    @pytest.mark.parametrize(
        ("environ", "code"),
        [
            ({"LATCHKEY_POLICY": "magic"}, "settings_invalid"),
            ({"LATCHKEY_SECRET_KEY": "short"}, "secret_too_short"),
            ({"LATCHKEY_VAULT_KEY_FILE": "/nowhere"}, "settings_file_unreadable"),
            ({"MONGODB_URI": "http://nowhere"}, "mongodb_uri_invalid"),
        ],
    )
    def test_a_bad_environment_is_told(
        self, latchkey: Latchkey, environ: dict[str, str], code: str
    ) -> None:
        result = latchkey("demo", "load", **environ)
        assert getattr(result.exception, "code", None) == code


class TestMain:
    """What only the real entry point does."""

    def run(self, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", "from server.cli import main; main()", *args]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env)

    def test_help_imports_nothing_heavy(self) -> None:
        code = (
            "import sys\nsys.argv = ['latchkey', '--help']\nfrom server.cli import main\n"
            "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code\n"
            "heavy = {'fastapi', 'langgraph', 'pymongo', 'pydantic', 'uvicorn', 'cryptography'}\n"
            "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stderr.strip() == "[]"
        assert "serve" in done.stdout

    def test_trouble_is_one_line_on_stderr_and_one_object_on_stdout(self) -> None:
        done = self.run("demo", "load", "--json", LATCHKEY_POLICY="magic")
        assert done.returncode == 1
        assert json.loads(done.stdout)["error"]["code"] == "settings_invalid"
        (line,) = done.stderr.splitlines()
        assert line.startswith("latchkey: settings_invalid: ")


def test_the_unexpected_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError) as raised:
        raise ValueError("sam@lee.example")
    assert fail(raised.value, as_json=False) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert "internal: ValueError at " in line
    assert "sam@" not in line
