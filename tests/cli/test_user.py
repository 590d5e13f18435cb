"""`crm user` at the server's keyboard."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.cli import main
from crm.core import signin
from crm.core.errors import Refusal

Run = Callable[..., tuple[int, str, str]]
ADD = ("user", "add", "hezq", "--name", "何志强", "--role", "officer")


@pytest.fixture
def crm(db: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    signin.ADDRESSES.clear()
    signin.GHOSTS.clear()

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("crm.cli.COMMANDS", ("user",))
        monkeypatch.setattr("sys.argv", ["crm", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        printed = capsys.readouterr()
        return int(code), printed.out, printed.err

    return run


def test_an_account_opened_here_signs_in_with_the_printed_password(crm: Run) -> None:
    code, out, err = crm(*ADD)
    assert (code, err) == (0, "")
    assert signin.sign_in("hezq", out.strip()).user_id == 1


def test_a_password_can_be_piped_in_and_is_held_to_the_policy(crm: Run) -> None:
    code, out, err = crm(*ADD, "--password-stdin", typed="password\n")
    assert (code, out) == (2, "")
    assert "太常见" in err
    assert crm(*ADD, "--password-stdin", typed="river stone bridge\n")[0] == 0
    assert signin.sign_in("hezq", "river stone bridge").user_id == 1


def test_json_stands_alone_on_standard_output(crm: Run) -> None:
    code, out, err = crm(*ADD, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["login"] == "hezq"
    assert told["one_time_password"]
    listed = json.loads(crm("user", "list", "--json")[1])
    assert [(r["login"], r["role"], r["active"]) for r in listed] == [("hezq", "officer", True)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("user", "add", "x", "--name", "某", "--role", "boss"), "没有角色"),
        (("user", "add", "x", "--name", "某", "--role", "system"), "没有角色"),
        (("user", "add", "x", "--name", "某", "--role", "park_staff"), "镇街"),
        (("user", "add", "x", "--name", "某", "--role", "park_staff", "--town", "无名镇"), "没有镇街"),
        (("user", "add", "x", "--name", "某", "--role", "department", "--department", "无名局"), "没有部门"),
        (("user", "disable", "nobody"), "没有登录名"),
        (("user", "password", "nobody"), "没有登录名"),
    ],
)
def test_a_mistake_is_one_sentence_on_standard_error(crm: Run, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = crm(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


def test_a_town_may_be_written_short(crm: Run) -> None:
    assert crm("user", "add", "lin", "--name", "林咏琪", "--role", "park_staff", "--town", "棠下")[0] == 0
    assert json.loads(crm("user", "list", "--json")[1])[0]["town"] == "棠下镇"


def test_disabling_ends_the_sessions_and_enabling_lets_in_again(crm: Run) -> None:
    password = crm(*ADD)[1].strip()
    signed = signin.sign_in("hezq", password)
    assert crm("user", "disable", "HEZQ")[0] == 0
    assert signin.find(signed.token) is None
    with pytest.raises(Refusal):
        signin.sign_in("hezq", password)
    assert crm("user", "enable", "hezq")[0] == 0
    assert signin.sign_in("hezq", password).user_id == 1


def test_a_reset_password_replaces_the_old_one(crm: Run) -> None:
    old = crm(*ADD)[1].strip()
    new = crm("user", "password", "hezq")[1].strip()
    with pytest.raises(Refusal):
        signin.sign_in("hezq", old)
    assert signin.sign_in("hezq", new).user_id == 1


def test_a_setup_code_is_given_only_while_there_is_no_administrator(crm: Run) -> None:
    code, out, _err = crm("user", "setup-code", "--json")
    assert code == 0
    signin.first_administrator(json.loads(out)["setup_code"], "zhong", "钟管理", "river stone bridge")
    code, out, err = crm("user", "setup-code")
    assert (code, out) == (2, "")
    assert "已经有管理员" in err


@pytest.mark.parametrize("command", ["add", "list", "disable", "enable", "password", "setup-code"])
def test_every_command_has_help(crm: Run, command: str) -> None:
    code, out, _err = crm("user", command, "--help")
    assert code == 0
    assert "Usage" in out
