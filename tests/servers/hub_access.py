"""Who may see, read and write what on the loopback Hub."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.servers.hub_history import HubRefusal, Repository


@dataclass(frozen=True)
class Account:
    """
    The user whom a token stands for.

    Args:
        name (`str`):
            Name of the user, and of a namespace.
        orgs (`tuple[str, ...]`, defaults to `()`):
            Further namespaces that the user may write to.
        role (`str`, defaults to `"write"`):
            What the token allows: `read` or `write`.
    """

    name: str
    orgs: tuple[str, ...] = ()
    role: str = "write"

    def belongs_to(self, namespace: str) -> bool:
        """Whether the namespace is this user's."""
        return namespace == self.name or namespace in self.orgs


class Access:
    """
    The tokens that are valid.

    Args:
        tokens (`Mapping[str, str | Account]`):
            User by token; a name stands for an account that owns just its namespace and may write.
    """

    def __init__(self, tokens: Mapping[str, str | Account]) -> None:
        self.accounts = {
            token: Account(account) if isinstance(account, str) else account for token, account in tokens.items()
        }

    def account(self, header: str | None) -> Account | None:
        """Who asks; nobody without a token. An unknown token is refused."""
        if header is None:
            return None
        account = self.accounts.get(header.removeprefix("Bearer "))
        if account is None:
            raise HubRefusal(401, "Invalid credentials in Authorization header")
        return account

    def without_token(self, header: str) -> str:
        """A header that may be shown: it names the user and not the token."""
        account = self.accounts.get(header.removeprefix("Bearer "))
        return f"Bearer of {account.name if account else 'nobody'}"


def known(account: Account | None) -> Account:
    """The account, when somebody is logged in."""
    if account is None:
        raise HubRefusal(401, "Invalid username or password.")
    return account


def check_see(account: Account | None, repository: Repository | None) -> Repository:
    """A repository that is there and may be seen. To those who may not see it, it is not there."""
    if repository is not None and not (repository.private and not _owns(account, repository)):
        return repository
    # The Hub says 401 to those without a token. Clients read that as "no such repository" by the code, or by the
    # address; the latter only under https.
    raise HubRefusal(404 if account else 401, "Repository not found", "RepoNotFound")


def check_read(account: Account | None, repository: Repository) -> None:
    """The files of a gated repository are for those who were let in."""
    if repository.gated and not _owns(account, repository):
        raise HubRefusal(403 if account else 401, f"Access to dataset {repository.id} is restricted.", "GatedRepo")


def check_propose(account: Account | None) -> Account:
    """A pull request may come from anybody with a token that may write."""
    account = known(account)
    if account.role != "write":
        raise HubRefusal(403, "Forbidden: you must use a write token to do that")
    return account


def check_write(account: Account | None, namespace: str) -> Account:
    """A namespace's people may write, with a token for it."""
    account = check_propose(account)
    if not account.belongs_to(namespace):
        raise HubRefusal(403, f"Forbidden: {account.name} has no rights in the namespace {namespace}")
    return account


def _owns(account: Account | None, repository: Repository) -> bool:
    return account is not None and account.belongs_to(repository.namespace)
