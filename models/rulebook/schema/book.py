"""The whole rulebook."""

from datetime import date

from models.rulebook.schema.common import Frozen, Text
from models.rulebook.schema.procedure import Procedure
from models.rulebook.schema.scoring import ScoringRules
from models.rulebook.schema.tiers import TierRules
from models.rulebook.schema.working_time import WorkingTime


class Rulebook(Frozen):
    """A regulation as data; each section comes from the TOML file of the same name."""

    code: Text
    name_zh: Text
    name_en: Text
    effective_on: date
    scoring: ScoringRules
    tiers: TierRules
    procedure: Procedure
    working_time: WorkingTime
