"""The regulation as data: schema, loader and the rulebook the package ships.

Reading TOML happens in activities, services and commands only; a workflow gets what it needs as a message.
"""

from models.rulebook.loader import load_builtin, load_rulebook
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.common import Entry, MonthDay, Section
from models.rulebook.schema.procedure import MidYearWindow, Procedure, ProcedureStep
from models.rulebook.schema.scoring import (
    LoyaltyBand,
    PointWeights,
    ProductFactor,
    ProfitBand,
    ScoringRules,
    SizeBand,
)
from models.rulebook.schema.tiers import GoldRules, RegionEntry, SilverRules, TieBreak, TieBreakRule, TierRules
from models.rulebook.schema.working_time import OpeningInterval, WorkingTime

__all__ = [
    "Entry",
    "GoldRules",
    "LoyaltyBand",
    "MidYearWindow",
    "MonthDay",
    "OpeningInterval",
    "PointWeights",
    "Procedure",
    "ProcedureStep",
    "ProductFactor",
    "ProfitBand",
    "RegionEntry",
    "Rulebook",
    "ScoringRules",
    "Section",
    "SilverRules",
    "SizeBand",
    "TieBreak",
    "TieBreakRule",
    "TierRules",
    "WorkingTime",
    "load_builtin",
    "load_rulebook",
]
