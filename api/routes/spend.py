"""`/reports/spend/{year}`: 服务投入 of a year, of one customer down to the ledger, gifts per person, 报超限审批."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api import acts, spend_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.forms.xlsx import XLSX_TYPE
from api.institution_filter import part_of_tree
from api.paging import Paging, PagingDep
from api.routes.sending import sent
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseCreatedAnswer
from api.schemas.spend import BenefitAnswer, OverLimitBody, SpendDetailAnswer, SpendReportAnswer
from api.spend_answers import benefit_answer, detail_answer, report_answer
from api.spend_files import PDF_TYPE, pdf_answer, xlsx_answer
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.services.spend.benefits import benefits
from models.services.spend.figures import CustomerSpend, Report, of_plan, report
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.stores.spend import SpendFilter, SpendStore
from models.types import Tier
