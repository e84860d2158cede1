"""The whole rulebook."""

from datetime import date

from pydantic import Field

from models.rulebook.schema.assessment import Assessment
from models.rulebook.schema.care import Care
from models.rulebook.schema.common import Frozen, Text
from models.rulebook.schema.desk import DEFAULT_DESK, Desk
from models.rulebook.schema.forms import Forms
from models.rulebook.schema.general import General
from models.rulebook.schema.keeping import Keeping, shipped_keeping
from models.rulebook.schema.organisation import Organisation
from models.rulebook.schema.procedure import Procedure
from models.rulebook.schema.rollout import Rollout
from models.rulebook.schema.scoring import ScoringRules
from models.rulebook.schema.services import ServiceCatalogue
from models.rulebook.schema.spend import SpendRules
from models.rulebook.schema.survey import SurveyRules
from models.rulebook.schema.tiers import TierRules
from models.rulebook.schema.working_time import WorkingTime


class Rulebook(Frozen):
    """A regulation as data; each section comes from the TOML file of the same name.

    Stored versions are parsed with this schema for as long as a case is pinned to them: a later field needs a default.
    """

    code: Text
    name_zh: Text
    name_en: Text
    effective_on: date
    general: General
    scoring: ScoringRules
    tiers: TierRules
    procedure: Procedure
    working_time: WorkingTime
    services: ServiceCatalogue
    organisation: Organisation
    assessment: Assessment
    survey: SurveyRules
    forms: Forms
    spend: SpendRules
    rollout: Rollout
    care: Care
    desk: Desk = DEFAULT_DESK
    keeping: Keeping = Field(default_factory=shipped_keeping)
