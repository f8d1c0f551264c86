"""The client of a hub, and what it raises in a sentence each."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from qlax._version import __version__
from qlax.errors import DiskFull, UsageError
from qlax.hub.address import Address
from qlax.wording import first_line, kind_and_first_line

SECONDS = 10.0
"""How long a hub may take to answer a question."""
_USUAL = "https://huggingface.co"


def client() -> Any:
    """Return a client of the hub that `HF_ENDPOINT` names, of Hugging Face's by default.

    Raises:
        UsageError: if the package is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise UsageError(
            "A hub needs a package that is not installed: pip install 'qlax[hub]'."
        ) from None
    return HfApi(endpoint=endpoint(), library_name="qlax", library_version=__version__)


def endpoint() -> str:
    """Return the address of the hub."""
    return (os.environ.get("HF_ENDPOINT") or _USUAL).rstrip("/")


def has_token() -> bool:
    """Return whether somebody is logged in, or `HF_TOKEN` is set."""
    from huggingface_hub import get_token

    return get_token() is not None


@contextlib.contextmanager
def talking_about(address: Address) -> Iterator[None]:
    """Turn what the client raises into a `UsageError`; its bars of progress are not shown."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    were_shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        told = _sentence(error, address)
        if told is None:
            raise
        raise UsageError(told) from error
    finally:
        if were_shown:
            enable_progress_bars()


def _sentence(error: BaseException, address: Address) -> str | None:
    """Return what is wrong; None of an error that is not the hub's, nor the network's."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return (
            f"{address} asks for consent before it is read: open {endpoint()}/{address.repo}, "
            "agree, and log in by `hf auth login`."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"hf:{address.repo} has no revision {address.revision!r}."
    if isinstance(error, errors.RepositoryNotFoundError):
        who = (
            "your token does not open it: check the name and who may read it"
            if has_token()
            else "it is private: check the name, or log in by `hf auth login` or HF_TOKEN"
        )
        return f"There is no {address} at {endpoint()}, or {who}."
    if isinstance(error, errors.HfHubHTTPError):
        return _by_status(error, address)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return f"{address} cannot be reached: HF_HUB_OFFLINE is set."
    caused = [one for one in _causes(error) if isinstance(one, errors.HfHubHTTPError)]
    if caused:  # as the client wraps what goes wrong with a single file
        return _by_status(caused[0], address)
    broken = [one for one in _causes(error) if _is_of_network(one)]
    if broken:
        return (
            f"{address} cannot be reached: {endpoint()} does not answer, or broke off "
            f"({kind_and_first_line(broken[0])}). Nothing was changed; try again later."
        )
    if isinstance(error, ValueError | KeyError | TypeError | AttributeError):
        return f"{endpoint()} does not answer as a hub does ({kind_and_first_line(error)})."
    if isinstance(error, OSError) and error.errno is None and not isinstance(error, DiskFull):
        return f"{address} cannot be fetched: {first_line(error)}."
    return None


def _is_of_network(error: BaseException) -> bool:
    of_client = type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore")
    return of_client or isinstance(error, ConnectionError | TimeoutError)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Return an error and what it came of, the nearest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _by_status(error: Any, address: Address) -> str:
    """Return what an answer of the hub means."""
    status = error.response.status_code
    said = f" ({error.server_message})" if error.server_message else ""
    if status == 401:
        return (
            f"{endpoint()} does not accept your token{said}: make a new one, and log in by "
            "`hf auth login` or HF_TOKEN."
        )
    if status == 403:
        return (
            f"Your token may not do that with hf:{address.repo}{said}: it needs the right to "
            "write, and a USER who is you or an organisation of yours."
        )
    if status in (409, 412):
        return f"hf:{address.repo} was changed by somebody else meanwhile{said}: push again."
    if status == 429:
        return f"{endpoint()} answers no more for now, after too many questions{said}: try later."
    if status >= 500:
        return f"{endpoint()} has failed, with status {status}{said}: try again later."
    return f"{endpoint()} refuses it, with status {status}{said}."
