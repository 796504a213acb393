"""Every error this package raises, one tree.

::

    AfinetError
    ├── ConfigError                 a setting is missing or wrong; the sentence names it
    ├── OdooError                   a call to Odoo failed
    │   ├── OdooUnreachableError    no connection: host down, DNS, busy or broken proxy
    │   │   └── OdooTlsError        the certificate or the TLS handshake was refused
    │   ├── OdooTimeoutError        connected, but no answer in time
    │   ├── NotOdooError            an answer, but not Odoo's: HTML, redirect, cut off, too large
    │   ├── OdooAuthError           user name, password or API key refused
    │   │   └── OdooKeyExpiredError it was accepted before and is refused now
    │   ├── SignInPausedError       Odoo takes nobody in for a minute, after too many failed sign-ins
    │   ├── UnknownDatabaseError    the server does not serve ODOO_DATABASE
    │   ├── UnknownLanguageError    Odoo has no active language ODOO_LANG
    │   ├── OdooAccessError         signed in, but the account lacks the right
    │   ├── MissingRecordError      the record was deleted, or is hidden from the account
    │   ├── MissingModelError       no such model: its module is not installed
    │   ├── OdooUserError           Odoo says why it will not do that (`remote_message`)
    │   ├── OdooConflictError       somebody else changed or locked the record
    │   ├── OdooServerError         Odoo failed inside, or does not know the method or its arguments
    │   └── UnknownOutcomeError     a write was sent and its answer lost: look it up, never repeat it
    ├── DatasetError                what Odoo sent was taken, and this app failed on it: `dataset` names it
    ├── SnapshotError
    │   ├── SnapshotCorruptError    the stored snapshot cannot be read
    │   └── SnapshotWriteError      the snapshot cannot be stored: disk full, no permission
    ├── AccessError                 who asks may not, or is not signed in
    │   ├── SignInError             the sign-in was refused; one sentence for every reason
    │   ├── TooManyAttemptsError    too many failed sign-ins; `wait_s` until the next is looked at
    │   ├── SessionEndedError       signed out, too long idle, or Odoo takes the account no longer
    │   ├── ForbiddenError          signed in, but the page or action is not theirs; `subject` names it
    │   ├── NeedsSignInError        an entry of the outbox waits for its author to sign in
    │   └── NoRoomError             no room for an upload; `everybody` says whether for all or for this person
    ├── ActionError                 what a person asked to be written cannot be done
    │   ├── ActionRefusedError      it is wrong in itself, or no longer possible: the sentence says which
    │   │   ├── ProofRefusedError   the file is no proof that can be taken; `reason` is a short code
    │   │   └── StaleRecordError    the record was changed in Odoo since it was read
    │   └── OutcomePendingError     an earlier attempt may still be done by Odoo; looked at again until it cannot
    ├── OutboxError                 the outbox cannot be written or read: nothing may be sent
    ├── AuditError                  the audit trail cannot be written or read: nothing it must record may happen
    ├── BackupError                 a backup cannot be made or put back; nothing was changed
    ├── CustomerLookupError         no customer, or several, match what was asked for
    └── ConversionError             amounts cannot be brought into one currency
        ├── MissingRateError        Odoo has no rate on or before that day
        └── MissingCurrencyError    Odoo has no currency of that code

`str(error)` is the sentence: written for people, saying what to do, free of secrets and of Odoo's own traceback.
"""

from __future__ import annotations


class AfinetError(Exception):
    """The base of all; `sentence` tells people what to do, `model` and `method` name the call ("" = none)."""

    def __init__(self, sentence: str, *, model: str = "", method: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.model = model
        self.method = method


class ConfigError(AfinetError):
    """A setting is missing or wrong; `setting` is its name in the environment ("" = several)."""

    def __init__(self, sentence: str, *, setting: str = "") -> None:
        super().__init__(sentence)
        self.setting = setting


class OdooError(AfinetError):
    """A call to Odoo failed.

    `http_status` is 0 when there was no answer. `remote_name` and `remote_message` are Odoo's own words
    ("odoo.exceptions.AccessError", "You are not allowed ..."), "" when it said none; never its traceback.
    """

    def __init__(
        self,
        sentence: str,
        *,
        model: str = "",
        method: str = "",
        http_status: int = 0,
        remote_name: str = "",
        remote_message: str = "",
    ) -> None:
        super().__init__(sentence, model=model, method=method)
        self.http_status = http_status
        self.remote_name = remote_name
        self.remote_message = remote_message


class OdooUnreachableError(OdooError):
    """No connection to Odoo, or the way to it says it is busy or broken. Nothing was written."""


class OdooTlsError(OdooUnreachableError):
    """The server's certificate or the TLS handshake was refused. Nothing was sent."""


class OdooTimeoutError(OdooError):
    """Connected, but the answer did not come in time (reads only; see UnknownOutcomeError)."""


class NotOdooError(OdooError):
    """Something answered that is not Odoo, or only part of Odoo's answer came."""


class OdooAuthError(OdooError):
    """Odoo refused the user name with this password or API key."""


class OdooKeyExpiredError(OdooAuthError):
    """Odoo accepted the key or password earlier and refuses it now: expired, revoked or changed."""


class SignInPausedError(OdooError):
    """Odoo takes nobody in for a while, whatever the password: too many sign-ins failed before."""


class UnknownDatabaseError(OdooError):
    """The server does not know, or does not serve, the database of ODOO_DATABASE."""


class UnknownLanguageError(OdooError):
    """Odoo does not have the language of ODOO_LANG, or it is not active there; Odoo 14 sends English instead."""


class OdooAccessError(OdooError):
    """The account is signed in but lacks the right; the sentence names it."""


class MissingRecordError(OdooError):
    """The record was deleted, or a record rule hides it."""


class MissingModelError(OdooError):
    """Odoo has no such model; the sentence names the module that brings it, where known."""


class OdooUserError(OdooError):
    """Odoo refused with an explanation of its own (`remote_message`): UserError, ValidationError."""


class OdooConflictError(OdooError):
    """The record was locked or changed by somebody else at that moment; trying later is safe."""


class OdooServerError(OdooError):
    """Odoo failed inside (HTTP 500), or does not know the method or its arguments. It rolled everything back."""


class UnknownOutcomeError(OdooError):
    """A write was sent and no answer came: Odoo may have done it or not. Look it up before doing it again."""


class DatasetError(AfinetError):
    """The app failed on what Odoo sent for `dataset` (a frame's name): a fault of its own, kept as the cause."""

    def __init__(self, sentence: str, *, dataset: str = "", model: str = "") -> None:
        super().__init__(sentence, model=model)
        self.dataset = dataset


class SnapshotError(AfinetError):
    """The stored snapshot cannot be used."""


class SnapshotCorruptError(SnapshotError):
    """The stored snapshot is damaged or of an unknown format."""


class SnapshotWriteError(SnapshotError):
    """The snapshot cannot be stored; the one before is untouched."""


class AccessError(AfinetError):
    """Who asks may not, or is not signed in."""


class SignInError(AccessError):
    """The sign-in was refused; one sentence for every reason, so that it tells nobody who has an account."""


class TooManyAttemptsError(AccessError):
    """Too many sign-ins failed; the next one is looked at in `wait_s` seconds."""

    def __init__(self, sentence: str, *, wait_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class SessionEndedError(AccessError):
    """Signed out, too long idle, too old, or the account was closed or its key revoked: sign in again."""


class ForbiddenError(AccessError):
    """The page or action is not theirs; `subject` names it."""

    def __init__(self, sentence: str, *, subject: str = "") -> None:
        super().__init__(sentence)
        self.subject = subject


class NeedsSignInError(AccessError):
    """An entry of the outbox waits for its author: nobody else's credentials send it."""


class NoRoomError(AccessError):
    """There is no room for an upload; `everybody` says whether that is so for all or for this person alone."""

    def __init__(self, sentence: str, *, everybody: bool = False) -> None:
        super().__init__(sentence)
        self.everybody = everybody


class ActionError(AfinetError):
    """What a person asked to be written into Odoo cannot be done."""


class ActionRefusedError(ActionError):
    """The request is wrong in itself, or what it is about has changed so that it is no longer possible."""


class ProofRefusedError(ActionRefusedError):
    """The file is no proof of payment that can be taken; `reason` is a short code ("password", "damaged")."""

    def __init__(self, sentence: str, *, reason: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason


class StaleRecordError(ActionRefusedError):
    """Somebody changed the record in Odoo since it was read here: read it again before changing it."""


class OutcomePendingError(ActionError):
    """An earlier attempt was not found in Odoo, but Odoo may still be at it; `until_s` is when it no longer can."""

    def __init__(self, sentence: str, *, until_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.until_s = until_s


class OutboxError(AfinetError):
    """The outbox cannot be written or read; what is not in it is never sent."""


class AuditError(AfinetError):
    """The audit trail cannot be written or read; what it must record does not happen then."""


class BackupError(AfinetError):
    """A backup cannot be made, or is not what was written, or would overwrite what is newer; nothing was changed."""


class CustomerLookupError(AfinetError):
    """No customer, or more than one, matches; `candidates` lists those that do (empty = none)."""

    def __init__(self, sentence: str, *, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.candidates = candidates


class ConversionError(AfinetError):
    """Amounts cannot be brought into one currency."""


class MissingRateError(ConversionError):
    """Odoo has no rate of that currency on or before that day."""


class MissingCurrencyError(ConversionError):
    """Odoo has no currency of that code."""
