"""The regulation as data: schema, loader and the rulebook the package ships.

Reading TOML happens in activities, services and commands only; a workflow gets what it needs as a message.
"""

from models.rulebook.codec import digest, digest_of, from_json, to_json
from models.rulebook.difference import Change, diff
from models.rulebook.loader import inspect, load_builtin, load_rulebook
from models.rulebook.problem import Problem
from models.rulebook.schema.assessment import Assessment, Grade, Indicator
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.care import Care, Festival, GiftCap
from models.rulebook.schema.common import Entry, MonthDay, Provision, Section
from models.rulebook.schema.desk import Bulk, Desk, LadderRung, ReminderAt, Reminders, Superior, TakeOver
from models.rulebook.schema.forms import Form, FormField, Forms, FormSheet
from models.rulebook.schema.general import General
from models.rulebook.schema.keeping import Duty, Keeping, PlannedItem
from models.rulebook.schema.organisation import Organisation, RoleDuties
from models.rulebook.schema.procedure import MidYearWindow, Milestone, Procedure, ProcedureStep, StepSigner
from models.rulebook.schema.rollout import Rollout, RolloutTask
from models.rulebook.schema.scoring import (
    LoyaltyBand,
    PointWeights,
    ProductFactor,
    ProfitBand,
    ScoringRules,
    SizeBand,
)
from models.rulebook.schema.services import (
    Frequency,
    KeyPersons,
    Limit,
    Period,
    Promise,
    RegularService,
    ServiceCatalogue,
    ServiceClass,
    ServiceFamily,
    ServiceItem,
)
from models.rulebook.schema.spend import SpendRules, UnitCost
from models.rulebook.schema.survey import Question, SurveyRules
from models.rulebook.schema.tiers import GoldRules, RegionEntry, SilverRules, TieBreak, TieBreakRule, TierRules
from models.rulebook.schema.working_time import OpeningInterval, WorkingTime

__all__ = [
    "Assessment",
    "Bulk",
    "Care",
    "Change",
    "Desk",
    "Duty",
    "Entry",
    "Festival",
    "Form",
    "FormField",
    "FormSheet",
    "Forms",
    "Frequency",
    "General",
    "GiftCap",
    "GoldRules",
    "Grade",
    "Indicator",
    "Keeping",
    "KeyPersons",
    "LadderRung",
    "Limit",
    "LoyaltyBand",
    "MidYearWindow",
    "Milestone",
    "MonthDay",
    "OpeningInterval",
    "Organisation",
    "Period",
    "PlannedItem",
    "PointWeights",
    "Problem",
    "Procedure",
    "ProcedureStep",
    "ProductFactor",
    "ProfitBand",
    "Promise",
    "Provision",
    "Question",
    "RegionEntry",
    "RegularService",
    "ReminderAt",
    "Reminders",
    "RoleDuties",
    "Rollout",
    "RolloutTask",
    "Rulebook",
    "ScoringRules",
    "Section",
    "ServiceCatalogue",
    "ServiceClass",
    "ServiceFamily",
    "ServiceItem",
    "SilverRules",
    "SizeBand",
    "SpendRules",
    "StepSigner",
    "Superior",
    "SurveyRules",
    "TakeOver",
    "TieBreak",
    "TieBreakRule",
    "TierRules",
    "UnitCost",
    "WorkingTime",
    "diff",
    "digest",
    "digest_of",
    "from_json",
    "inspect",
    "load_builtin",
    "load_rulebook",
    "to_json",
]
