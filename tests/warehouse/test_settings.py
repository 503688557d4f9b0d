from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.settings import CHECKOUT, SettingsError, load_settings


def test_defaults_keep_everything_under_data_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.home == CHECKOUT / "data"
    assert settings.published == CHECKOUT / "data" / "published" / "cityreports.duckdb"
    assert settings.parsers >= 1


def test_command_line_beats_environment_beats_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cityreports.toml").write_text('home = "a"\njobs = 3\ncontact = "x@example.org"\n')
    assert load_settings({}).home == tmp_path / "a"
    assert load_settings({"CITYREPORTS_HOME": "b"}).home == tmp_path / "b"
    settings = load_settings({"CITYREPORTS_HOME": "b", "CITYREPORTS_JOBS": "2"}, home=Path("c"))
    assert (settings.home, settings.jobs, settings.contact) == (tmp_path / "c", 2, "x@example.org")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CITYREPORTS_HOEM": "x"}, "unknown setting CITYREPORTS_HOEM.*did you mean CITYREPORTS_HOME"),
        ({"CITYREPORTS_JOBS": "many"}, "CITYREPORTS_JOBS in the environment.*whole number"),
        ({"CITYREPORTS_JOBS": "-1"}, "jobs is -1, and must be at least 0"),
        ({"CITYREPORTS_DOCUMENT_SECONDS": "0"}, "document_seconds is 0.0, and must be above 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(environ)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hoem = 'x'", "unknown setting hoem.*did you mean home"),
        ("jobs = 1.5", "jobs in .*whole number"),
        ("jobs = true", "jobs in .*whole number"),
        ("home = 5", "home in .*a path"),
        ("jobs = ", "no valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=message):
        load_settings({}, file=path)


def test_channels_may_hold_commas_and_are_never_shown(tmp_path: Path) -> None:
    raw = "mailto://u:secret@h?to=a@x,b@y, https://hook/1"
    assert load_settings({"CITYREPORTS_ALERT_URLS": raw}).alert_urls == (
        "mailto://u:secret@h?to=a@x,b@y",
        "https://hook/1",
    )
    path = tmp_path / "s.toml"
    path.write_text("alert_urls = 12345")
    with pytest.raises(SettingsError) as failure:
        load_settings({}, file=path)
    assert "12345" not in str(failure.value)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(SettingsError, match="which is a file"):
        load_settings({}, home=tmp_path / "f")
