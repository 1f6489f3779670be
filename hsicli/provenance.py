"""Where a product comes from: enough to make it again, and to tell whether it would come out the same.

A provenance lives inside the product, so nothing that varies from run to run is in it: no time, host, path or
argument list. Those go to the log beside the output.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Provenance:
    """How a product was made.

    Attributes
    ----------
    command : str
        The command that made it.
    method : str
        Version of the method and layout of the product, as ``2.1``.
    config : dict
        Every setting, flat: ``training.epochs`` → 40.
    seed : int, optional
        None for a command without randomness.
    device : str, optional
        ``cpu`` or ``cuda``; None where it cannot matter.
    inputs : dict
        For each input by its role, the digest of a raw file or the fingerprint of a product.
    sources : dict
        For each setting that is not a default, where it came from: ``command line`` or ``file``.
    parents : dict
        Provenance of each input that is a product, as a dict, by role.
    libraries : dict
        Version of each library that took part. Recorded, not part of the fingerprint.
    """

    command: str
    method: str
    config: dict[str, Any]
    seed: int | None = None
    device: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    parents: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the result, flat; two runs with equal identities make the same product."""
        return {
            "command": self.command,
            "method": self.method,
            "seed": self.seed,
            "device": self.device,
            **{f"config.{key}": value for key, value in self.config.items()},
            **{f"inputs.{role}": digest for role, digest in self.inputs.items()},
        }

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the identity."""
        text = json.dumps(self.identity, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        """One line of JSON, sorted, with the fingerprint."""
        return json.dumps({**asdict(self), "fingerprint": self.fingerprint}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """The inverse of `to_json`."""
        values = json.loads(text)
        values.pop("fingerprint", None)
        return cls(**values)


def differences(found: Provenance, wanted: Provenance) -> list[str]:
    """What differs in the identity, as ``seed: 0 -> 7``; empty if the fingerprints agree."""
    old, new = found.identity, wanted.identity
    if old["command"] != new["command"]:  # then every setting differs, and none is worth naming
        return [f"command: {old['command']} -> {new['command']}"]
    names = [*new, *(name for name in old if name not in new)]
    return [
        f"{name}: {_shown(old.get(name))} -> {_shown(new.get(name))}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) < 64 else text[:12] + "…"
