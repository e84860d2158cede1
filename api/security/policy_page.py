"""`docs/authorisation.md`, written from the authorisation table."""

from api.pages.words import word
from api.security.policy import POLICY, SELF_ACTIONS, Action, Reach
from models.services.accounts import POST_LEVELS
from models.types import SEPARATED_ADMIN_ROLES, Role

_MARK = {Reach.SUBTREE: "●", Reach.ALL: "◉", Reach.SELF: "○"}
_HEAD = """# Who may do what

Generated from `api/security/policy.py` by `python -m api.security.policy_page`; a test fails when it is out of date.

Deny by default: an empty cell is refused with 403 `not_allowed`, a route that names no action fails the build.
An object outside the caller's institutions is 404 `not_found`, and the restriction stands inside the query.

- ● the institution of the post and everything below it (regulation 2.7); a post at head office therefore sees all
- ◉ all institutions: the duty of the post has no institution
- ○ the caller's own account only; open to whoever is signed in, also without a post

"""
_TAIL = """
Nobody holds two of {separated} (三员分立), and nobody changes their own posts or disables themselves.
Who may decide one particular task is decided by the workflow and again by the records (decisions 7), not here.

`/openapi.json` needs a sign-in. There is no `/docs` page: its scripts would have to come from another host.

## Where a post exists

| post | 岗位 | level |
|---|---|---|
"""


def page() -> str:
    """The whole page, Markdown."""
    roles = list(Role)
    lines = [
        "| action | " + " | ".join(role.value for role in roles) + " |",
        "|---" * (len(roles) + 1) + "|",
        *(f"| `{action.value}` | " + " | ".join(_cell(action, role) for role in roles) + " |" for action in Action),
    ]
    separated = ", ".join(f"`{role.value}`" for role in Role if role in SEPARATED_ADMIN_ROLES)
    levels = [
        f"| `{role.value}` | {word(role)} | {', '.join(sorted(level.value for level in POST_LEVELS[role]))} |"
        for role in roles
    ]
    return _HEAD + "\n".join(lines) + "\n" + _TAIL.format(separated=separated) + "\n".join(levels) + "\n"


def _cell(action: Action, role: Role) -> str:
    if action in SELF_ACTIONS:
        return _MARK[Reach.SELF]
    reach = POLICY[action].get(role)
    return _MARK[reach] if reach else " "


if __name__ == "__main__":
    from pathlib import Path

    (Path(__file__).parents[2] / "docs" / "authorisation.md").write_text(page(), encoding="utf-8")
