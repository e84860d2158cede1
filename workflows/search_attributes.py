"""The engine's search attributes, for operators only: people's lists come from the record database.

SQL visibility allows ten Keyword and three Int attributes per namespace, so there are few and they are
declared here once; `workflows.namespace` registers exactly these on every start.
"""

from temporalio.common import SearchAttributeKey

KIND = SearchAttributeKey.for_keyword("GlKind")
"""Kind of case: `qualification`, `membership`, ..."""
STAGE = SearchAttributeKey.for_keyword("GlStage")
"""Stage (阶段) as in the record."""
INSTITUTION = SearchAttributeKey.for_keyword("GlInstitution")
"""Code of the institution (机构代码) the case belongs to."""
STATE_SEQ = SearchAttributeKey.for_int("GlStateSeq")
"""Counter of the workflow's state: lets reconciliation see which of record and engine is ahead."""

SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[str] | SearchAttributeKey[int], ...] = (KIND, STAGE, INSTITUTION, STATE_SEQ)
