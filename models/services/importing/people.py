"""Kinds whose rows are more than a table row: institutions with their path, staff with posts, encrypted contacts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.person_keys import Known
from models.services.accounts import POST_LEVELS
from models.services.importing.checking import Target
from models.services.importing.kinds import BookKind, RowError, Values
from models.services.importing.parsing import Key, Row
from models.stores.book import contact_name_index
from models.stores.person_keys import PersonKeyStore, fresh
from models.tables.book import Contact
from models.tables.columns import new_id
from models.tables.organisation import Account, Institution, Post
from models.tables.personal import PERSONAL
from models.types import SEPARATED_ADMIN_ROLES, InstitutionLevel, Role

_ACCOUNT_COLUMNS = (
    "id",
    "login",
    "name",
    "institution_code",
    "email",
    "language",
    "failed_sign_ins",
    "created_at",
)
_PARENT_LEVEL = {
    InstitutionLevel.BRANCH: InstitutionLevel.HQ,
    InstitutionLevel.SUB_BRANCH: InstitutionLevel.BRANCH,
}


class InstitutionTarget(Target):
    """机构: a row enters the tree as soon as it is verified, so that its children find it in the same chunk."""

    kind = BookKind.INSTITUTIONS
    table = Institution

    def read_stored(self, _: Sequence[Row]) -> dict[Key, Values]:
        """The whole tree: it is small, and a path needs every ancestor."""
        tree = self.store.institutions()
        self.places = {found.code: (found.level, found.path) for found in tree}
        self.parents = {found.parent_code for found in tree}
        return {(found.code,): tuple(getattr(found, name) for name in self.layout.names) for found in tree}

    def read_known(self, _: Sequence[Row]) -> set[Any]:
        """References are looked up in the tree itself."""
        return set()

    def verify(self, row: Row, before: Values | None) -> None:
        """The parent exists and is one level up; an institution with children stays at its level."""
        code, level, parent = (self.value(row, name) for name in ("code", "level", "parent_code"))
        if before is not None and before[self.at["level"]] != level and code in self.parents:
            raise RowError("level", "已有下级机构，不能改变级别")
        path = "/"
        if parent is not None:
            if parent not in self.places:
                raise RowError("parent_code", f"上级机构 {parent} 不存在")
            parent_level, path = self.places[parent]
            if parent_level is not _PARENT_LEVEL[level]:
                raise RowError("level", f"与上级机构 {parent} 的级别不相接")
        if before != row.values and not self.errand.scope.covers(self._root()):
            raise RowError("code", "机构由总公司维护")
        self.places[code] = (level, f"{path}{code}/")

    def _root(self) -> str:
        return next((path for level, path in self.places.values() if level is InstitutionLevel.HQ), "/")

    def insert(self, rows: Sequence[Values]) -> None:
        """Store new institutions with their path, parents first."""
        code, columns = self.at["code"], (*self.layout.names, "path")
        self.store.insert(self.table, columns, [(*values, self.places[values[code]][1]) for values in rows])

    def update(self, before: Values, values: Values) -> None:
        """Change an institution; when it moves, everything below moves along."""
        super().update(before, values)
        code = values[self.at["code"]]
        self.store.move_institution(code, self.places[code][1])


class StaffTarget(Target):
    """人员: an account without a password, with the posts the row names at its institution."""

    kind = BookKind.STAFF
    table = Account
    refers_by = "institution_code"
    unknown = "机构代码"

    def read_stored(self, rows: Sequence[Row]) -> dict[Key, Values]:
        """Accounts with the roles they hold at their own institution; posts elsewhere are not the file's business."""
        accounts = self.store.accounts(self.pick(rows, "login"))
        self.ids: dict[str, UUID] = {account.login: account.id for account in accounts}
        self.held: dict[UUID, set[tuple[str, Role]]] = {account.id: set() for account in accounts}
        for post in self.store.posts(self.held):
            self.held[post.account_id].add((post.institution_code, post.role))
        return {(account.login,): self._values(account) for account in accounts}

    def _values(self, account: Account) -> Values:
        held = self.held[account.id]
        roles = tuple(sorted(role for code, role in held if code == account.institution_code))
        return (account.login, account.name, account.institution_code, roles, account.email)

    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Institutions within reach, and their levels."""
        at = self.at["institution_code"]
        codes = self.pick(rows, "institution_code") | {values[at] for values in self.stored.values()}
        self.levels = {found.code: found.level for found in self.store.institutions()}
        return set(self.store.institutions_within(self.errand.scope, codes))

    def verify(self, row: Row, before: Values | None) -> None:
        """The posts exist at that level, nobody holds two administrator posts, nobody changes their own posts."""
        super().verify(row, before)
        login, code, roles = (self.value(row, name) for name in ("login", "institution_code", "roles"))
        misplaced = [role.value for role in roles if self.levels[code] not in POST_LEVELS[role]]
        if misplaced:
            raise RowError("roles", f"机构 {code} 这一级没有岗位 {'、'.join(misplaced)}")
        if len((self._elsewhere(login, before) | set(roles)) & SEPARATED_ADMIN_ROLES) > 1:
            raise RowError("roles", "系统、安全、审计管理岗必须由不同的人担任")
        if before == row.values:
            return
        if not self.errand.manages_people:
            raise RowError("login", "人员和岗位由安全管理岗维护")
        if str(self.ids.get(login)) == self.errand.actor:
            raise RowError("login", "不能修改自己的岗位和资料")

    def _elsewhere(self, login: str, before: Values | None) -> set[Role]:
        if before is None:
            return set()
        home = before[self.at["institution_code"]]
        return {role for code, role in self.held[self.ids[login]] if code != home}

    def insert(self, rows: Sequence[Values]) -> None:
        """Create accounts; only an activation link or an administrator lets them in."""
        posts, accounts = [], []
        for login, name, code, roles, email in rows:
            account = new_id()
            accounts.append((account, login, name, code, email, "zh", 0, self.now))
            posts += [(account, role, code) for role in roles]
        self.store.insert(Account, _ACCOUNT_COLUMNS, accounts)
        self._add_posts(posts)

    def update(self, before: Values, values: Values) -> None:
        """Change a person; the posts at the former institution give way to those of the row."""
        changed = self.changes(before, values)
        login = values[self.at["login"]]
        own = {name: new for name, (_, new) in changed.items() if name != "roles"}
        if own:
            self.store.update(Account, {"login": login}, own)
        old, new = self._posts(before), self._posts(values)
        account, held = self.ids[login], self.held[self.ids[login]]
        if old - new:
            self.store.remove_posts(account, old - new)
        self._add_posts([(account, role, code) for code, role in sorted(new - held)])

    def _posts(self, values: Values) -> set[tuple[str, Role]]:
        return {(values[self.at["institution_code"]], role) for role in values[self.at["roles"]]}

    def _add_posts(self, posts: list[tuple[UUID, Role, str]]) -> None:
        columns = ("id", "account_id", "role", "institution_code")
        self.store.insert(Post, columns, [(new_id(), *post) for post in posts])


class ContactTarget(Target):
    """联系人 of a customer; found again by customer, kind and the keyed digest of the name."""

    kind = BookKind.CONTACTS
    table = Contact
    refers_by = "customer_no"
    unknown = "客户号"

    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Customers within reach."""
        return set(self.store.customers_within(self.errand.scope, self.pick(rows, "customer_no")))

    def insert(self, rows: Sequence[Values]) -> None:
        """Store new contacts, each with a key of its own that its personal columns are sealed under."""
        name, columns = self.at["name"], ("id", "name_index", *self.layout.names)
        keys = fresh([new_id() for _ in rows])
        values = [
            (contact_id, contact_name_index(row[name]), *self._sealing(row, key))
            for row, (contact_id, key) in zip(rows, keys.items(), strict=True)
        ]
        self.store.insert(Contact, columns, values)
        PersonKeyStore(self.store.session).add(keys)

    def update(self, before: Values, values: Values) -> None:
        """Change a contact, which is never found by its encrypted name; an erased one is not found at all."""
        matching = {
            "customer_no": values[self.at["customer_no"]],
            "kind": values[self.at["kind"]],
            "name_index": contact_name_index(values[self.at["name"]]),
        }
        key = PersonKeyStore(self.store.session).matching(**matching)
        if key is not None:
            changed = {name: new for name, (_, new) in self.changes(before, values).items()}
            self.store.update(Contact, matching, _about(changed, key))

    def _sealing(self, row: Values, key: bytes) -> Values:
        return tuple(_about(dict(zip(self.layout.names, row, strict=True)), key).values())


def _about(values: dict[str, Any], key: bytes) -> dict[str, Any]:
    """What is personal says whose it is."""
    return {
        name: Known(value, key) if name in PERSONAL and value is not None else value for name, value in values.items()
    }
