"""What the operator may switch on in a file, all off by default: sign-in elsewhere, mail, a web hook."""

import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from grader.errors import UsageError
from grader.service.outgoing import is_safe
from grader.service.signed import ALGORITHMS
from grader.toml_files import read_toml


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _safe(url: str) -> str:
    if not is_safe(url):
        raise ValueError("write an address that begins with https://")
    return url.rstrip("/")


class Provider(_Part):
    """Where people may sign in: a provider of OpenID Connect, or GitHub."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    """What stands in addresses."""
    title: str
    """What people read."""
    kind: Literal["openid", "github"]
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    issuer: str = "https://github.com"
    """As the provider's metadata writes it; of GitHub the address of its site."""
    api: str = "https://api.github.com"
    """Of GitHub only."""
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    """Of signatures that are accepted."""

    @field_validator("issuer", "api")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        _safe(value)
        return value

    @field_validator("algorithms")
    @classmethod
    def _is_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not {*value} <= {*ALGORITHMS}:
            raise ValueError(f"choose from {', '.join(ALGORITHMS)}")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> "Provider":
        if self.kind == "openid" and "issuer" not in self.model_fields_set:
            raise ValueError("issuer is missing")
        return self


class Mail(_Part):
    """The server that takes mail."""

    host: str
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str
    """The address that mails come from."""


class Hook(_Part):
    """An address that is called, and the key that its calls are signed with."""

    url: Annotated[str, Field(max_length=500)]
    key: SecretStr = Field(min_length=16)

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        _safe(value)
        return value


class Options(_Part):
    """The whole file."""

    sign_in: tuple[Provider, ...] = ()
    mail: Mail | None = None
    hook: Hook | None = None

    @model_validator(mode="after")
    def _has_one_of_each(self) -> "Options":
        names = [one.name for one in self.sign_in]
        issuers = [one.issuer for one in self.sign_in]
        if len({*names}) < len(names) or len({*issuers}) < len(issuers):
            raise ValueError("two providers have the same name, or the same issuer")
        return self

    @property
    def notices(self) -> tuple[str, ...]:
        """How people are told of a mark: kinds of deliveries."""
        return (*(("mail",) if self.mail else ()), *(("hook",) if self.hook else ()))

    def provider(self, name: str) -> Provider | None:
        """Return the provider of a name."""
        return next((one for one in self.sign_in if one.name == name), None)


def read_options(path: Path) -> Options:
    """Return what a file says. Raises `UsageError`, also if others may read it: it holds secrets."""
    found = read_toml(path, Options, UsageError)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"{path} can be read by others, and holds secrets: chmod 600 {path}")
    return found
